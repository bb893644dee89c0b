/* codec_pipe.c - the codec and the globs on standard input and output, for tests in other
 * languages.
 *
 *     codec_pipe make SEED N     N random events of each contract: "CONTRACT HEX-OF-MSGPACK JSON" a
 * line codec_pipe msgpack         "CONTRACT HEX" a line in, JSON or "error: …" out codec_pipe json
 * "CONTRACT JSON" a line in, hex of msgpack or "error: …" out codec_pipe glob "HEX-OF-GLOB.
 * HEX-OF-NAME." a line in, 0 or 1 out */
#include "../unit/test_codec_random.h"

#include <stdio.h>

#define CAP (4u << 20)

static uint64_t event_room[CAP / 8];
static unsigned char bytes[CAP];
static char line[2 * CAP];

static njord_event *event(void)
{
    return (njord_event *)(void *)event_room;
}

static void print_hex(const unsigned char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        (void)printf("%02x", p[i]);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes from hexadecimal up to anything else; *rest is what follows. */
static size_t read_hex(const char *text, unsigned char *out, size_t cap, const char **rest)
{
    size_t n = 0;
    while (n < cap && digit(text[0]) >= 0 && digit(text[1]) >= 0) {
        out[n++] = (unsigned char)(digit(text[0]) * 16 + digit(text[1]));
        text += 2;
    }
    *rest = text;
    return n;
}

static int make(uint64_t seed, unsigned count)
{
    for (uint32_t type = 1; type < NJORD_EV_COUNT; type++)
        for (unsigned i = 0; i < count; i++) {
            dice d = {seed + type * 1000u + i};
            size_t len = 0;
            do
                random_event(&d, type, event(), sizeof event_room);
            while (event()->size > 100000);
            if (njord_encode_msgpack(event(), NULL, bytes, sizeof bytes, &len) != 0)
                return 1;
            (void)printf("%s ", njord_contract_of(type)->name);
            print_hex(bytes, len);
            if (njord_encode_json(event(), NULL, line, sizeof line, &len) != 0)
                return 1;
            (void)printf(" %.*s\n", (int)len, line);
        }
    return 0;
}

/* One line's event, by its contract's name; 0 or the decoder's error. */
static int decode(int json, char *text, njord_decode_error *err)
{
    char *value = strchr(text, ' ');
    const char *rest;
    if (value == NULL)
        return -1;
    *value++ = '\0';
    const njord_contract *contract = njord_contract_named(text);
    uint32_t type = contract == NULL ? 0 : contract->type;
    if (json)
        return njord_decode_json(type, value, strlen(value), event(), sizeof event_room, NULL, err);
    size_t len = read_hex(value, bytes, sizeof bytes, &rest);
    return njord_decode_msgpack(type, bytes, len, event(), sizeof event_room, NULL, err);
}

static void convert(int json, char *text)
{
    njord_decode_error err = {0, "no line of contract and value"};
    size_t len = 0;
    if (decode(json, text, &err) != 0)
        (void)printf("error: %s\n", err.text);
    else if (json) {
        (void)njord_encode_msgpack(event(), NULL, bytes, sizeof bytes, &len);
        print_hex(bytes, len);
        (void)printf("\n");
    } else {
        static char out[2 * CAP];
        (void)njord_encode_json(event(), NULL, out, sizeof out, &len);
        (void)printf("%.*s\n", (int)len, out);
    }
}

static void match(const char *text)
{
    unsigned char glob[1024], name[1024];
    const char *rest;
    glob[read_hex(text, glob, sizeof glob - 1, &rest)] = '\0';
    while (*rest == '.' || *rest == ' ')
        rest++;
    name[read_hex(rest, name, sizeof name - 1, &rest)] = '\0';
    (void)printf("%d\n", njord_glob_match((const char *)glob, (const char *)name));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "make") == 0 && argc == 4)
        return make(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
    if (strcmp(what, "msgpack") != 0 && strcmp(what, "json") != 0 && strcmp(what, "glob") != 0) {
        (void)fprintf(stderr, "codec_pipe: make SEED N | msgpack | json | glob\n");
        return 2;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(what, "glob") == 0)
            match(line);
        else
            convert(strcmp(what, "json") == 0, line);
    }
    return 0;
}
