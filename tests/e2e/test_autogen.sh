#!/bin/sh
# autogen.sh with what it calls replaced: installs what is missing as root or through sudo, prints the
# line to run when it may not, and calls no apt when nothing is missing.
# The fakes expand their words when they run.
# shellcheck disable=SC2016
set -eu

: "${top_srcdir:?run by make check}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tree" "$work/tree/build"
cp "$top_srcdir/autogen.sh" "$work/tree/"
printf '%s\n' '# a list' 'alpha  # first' '' 'beta' 'gamma#third' >"$work/tree/build/packages.txt"

fake() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
fake apt-get 'echo "apt-get $*" >>"$CALLS"'
fake autoreconf 'echo "autoreconf $*" >>"$CALLS"'
fake dpkg-query 'for last; do :; done; case " $INSTALLED " in *" $last "*) printf "install ok installed" ;; *) exit 1 ;; esac'
fake id 'echo "$FAKE_UID"'
fake sudo 'echo "sudo $*" >>"$CALLS"; [ "$SUDO_WORKS" = yes ] || exit 1; [ "$1" = -n ] && shift; exec "$@"'
rc=0

# run UID SUDO INSTALLED [OPTION]: the script's exit code in $code, what was called in $calls, what it said in $said.
run() {
    : >"$work/calls"
    code=0
    PATH="$work/bin:$PATH" CALLS="$work/calls" FAKE_UID=$1 SUDO_WORKS=$2 INSTALLED=$3 \
        sh "$work/tree/autogen.sh" ${4:+"$4"} --no-configure >"$work/said" 2>&1 || code=$?
    calls=$(paste -sd'|' "$work/calls")
    said=$(cat "$work/said")
}

same() {
    if [ "$2" != "$3" ]; then
        echo "$1: expected '$3', found '$2'"
        rc=1
    fi
}

run 1000 no 'alpha beta gamma'
same 'all there' "$code $calls" '0 autoreconf -fi'

run 0 no 'beta'
same 'root' "$code $calls" '0 apt-get update -q|apt-get install -q -y --no-install-recommends alpha gamma|autoreconf -fi'

run 1000 yes 'alpha gamma'
same 'sudo' "$code $(echo "$calls" | tr '|' '\n' | grep -v '^sudo' | paste -sd'|')" \
    '0 apt-get update -q|apt-get install -q -y --no-install-recommends beta|autoreconf -fi'

run 1000 no 'alpha'
same 'neither' "$code $calls" '1 sudo -n true'
case $said in
*'sudo apt-get update && sudo apt-get install -y --no-install-recommends beta gamma') ;;
*)
    echo "neither: the line to run is missing: $said"
    rc=1
    ;;
esac
# Packages that are wanted under a condition.
printf '%s\n' 'alpha unless sh  # there' 'beta unless no-such-command' 'gamma tests  # large' >"$work/tree/build/packages.txt"
run 0 no ''
same 'conditions' "$code $calls" '0 apt-get update -q|apt-get install -q -y --no-install-recommends beta|autoreconf -fi'
run 0 no 'beta' --tests
same '--tests' "$code $calls" '0 apt-get update -q|apt-get install -q -y --no-install-recommends gamma|autoreconf -fi'
exit $rc
