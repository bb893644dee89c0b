/* sweep.js - the page of a sweep: the map of the sets, their distribution, parallel axes, the table. All figures of the sets stand in the
 * page as packed decimals (host/backtest/sweep_figures.h). */
(function () {
  "use strict";
  const {data, root, narrow, group, css, width, ticks, axes: axesOf, draw, line, histogram, rule, start, isDark, onPaper} = njord;
  const ROWS = 1000;              // of the table
  const CELLS = 100;              // of the map, across and down; more values go together
  const TEXT = 16;                // cells across that have room for their figure
  const $ = (id) => document.getElementById(id);
  const metrics = data.metrics, n = data.n, won = data.best !== null;
  const shown = ["total_return_pct", "sharpe_ratio", "max_drawdown_pct", "num_trades", "win_rate", "profit_factor"]
    .map((name) => metrics.findIndex((m) => m.name === name)); // as the terminal has them

  function make(tag, more, ...inside) {
    const e = Object.assign(document.createElement(tag), more);
    e.append(...inside);
    return e;
  }

  // ---- unpacking ----

  const digit = new Uint8Array(128);
  Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", (c, i) => { digit[c.charCodeAt(0)] = i; });

  function integers(codes, wide) {
    const out = new Float64Array(n);
    for (let i = 0, at = 0; i < n; i++)
      for (let k = 0; k < wide; k++) out[i] = out[i] * 64 + digit[codes.charCodeAt(at++)];
    return out;
  }

  // A metric of all sets, NaN where there is none.
  const unpacked = [];
  function column(m) {
    if (unpacked[m]) return unpacked[m];
    const from = data.columns[m], out = new Float64Array(n);
    if ("codes" in from) {
      const tens = Math.pow(10, data.digits - 1), none = Math.pow(64, data.width) - 1, low = from.top - data.span + 1 - (data.digits - 1);
      integers(from.codes, data.width).forEach((code, i) => {
        const x = Math.floor(code / 2) - 1;
        out[i] = code === none ? NaN : x < 0 ? 0 : (code % 2 ? -1 : 1) * Number((tens + x % (9 * tens)) + "e" + (low + Math.floor(x / (9 * tens))));
      });
    } else {
      out.fill(from.same === null ? NaN : from.same);
    }
    return unpacked[m] = out;
  }

  const failed = data.failed ? integers(data.failed.codes, data.failed.width) : null; // 0, or 1 + the place of its text
  const ranks = data.ranks ? integers(data.ranks.codes, data.ranks.width) : null;
  const rank = (i) => (ranks ? ranks[i] : i) + 1;
  const failure = (i) => failed && failed[i] ? data.errors[failed[i] - 1] : "";

  // Parameters: at[i] is the value of set i as a place in the values' order, texts are theirs.
  const params = data.axes.map((a) => {
    const places = a.values.map((text, i) => i), numbers = a.values.map(Number);
    const ordered = a.values.every((text) => /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(text)); // as JSON has them
    if (ordered) places.sort((x, y) => numbers[x] - numbers[y]);
    const place = [];
    places.forEach((from, to) => { place[from] = to; });
    return {name: a.name, texts: places.map((i) => a.values[i]), numbers: ordered ? places.map((i) => numbers[i]) : null,
      at: integers(a.at.codes, a.at.width).map((i) => place[i])};
  });
  const tried = params.filter((p) => p.texts.length > 1);

  // ---- figures ----

  const known = (v) => v === 0 ? 9 : Math.max(0, data.digits - 1 - Math.floor(Math.log10(Math.abs(v)) + 1e-12));

  function figure(m, v) {
    if (!isFinite(v)) return "n/a";
    const {unit, name} = metrics[m], size = Math.abs(v);
    const places = name === "num_trades" ? 0 : unit === "days" ? 1 : name === "win_rate" ? 3 : unit !== "quote" || v === 0 || size >= 1 ? 2
      : size >= .01 ? 4 : 8;
    return group(v, Math.min(places, known(v))) + (unit === "%" ? "\u00a0%" : unit === "days" ? "\u00a0days" : "");
  }

  // At most five characters and a sign.
  function brief(m, v) {
    const size = Math.abs(v);
    if (size >= 1e15) return v.toExponential(0);
    for (const [from, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]])
      if (size >= from) return group(v / (from === 1e4 ? 1e3 : from), size / from < 10 && from > 1e4 ? 1 : 0) + letter;
    return group(v, metrics[m].name === "num_trades" || size >= 100 || v === 0 ? 0 : size >= 10 ? 1 : size >= .01 ? 2
      : Math.min(12, 1 - Math.floor(Math.log10(size))));
  }

  function median(values) {
    const v = values.slice().sort((a, b) => a - b), half = v.length >> 1;
    return v.length % 2 ? v[half] : (v[half - 1] + v[half]) / 2;
  }

  // ---- colours: orange to blue, which all eyes tell apart ----

  const ramps = {light: [[179, 84, 10], [240, 173, 110], [241, 240, 236], [130, 177, 236], [21, 83, 183]],
    dark: [[255, 150, 70], [150, 84, 32], [36, 45, 60], [38, 88, 160], [120, 182, 255]]};

  function ramp(t) {
    const stops = ramps[isDark() ? "dark" : "light"], x = (Math.max(-1, Math.min(1, t)) + 1) * 2, k = Math.min(3, Math.floor(x));
    return stops[k].map((c, i) => Math.round(c + (stops[k + 1][i] - c) * (x - k)));
  }
  const rgb = (c) => "rgb(" + c.join(",") + ")";
  const ink = (c) => .299 * c[0] + .587 * c[1] + .114 * c[2] > 140 ? "#0f172a" : "#ffffff";

  // Around 0 where values lie on both sides of it, else from the worst to the best; far ones do not stretch it. Losses stay orange.
  const signed = new Set(["total_return_pct", "annual_return_pct", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "expectancy"]);
  function scale(values, m) {
    const v = values.slice().sort((a, b) => a - b), at = (share) => v[Math.round((v.length - 1) * share)];
    const least = v[0], most = v[v.length - 1], reach = 3 * (at(.75) - at(.25)), both = least < 0 && most > 0;
    let low = reach > 0 ? Math.max(least, at(.25) - reach) : least, high = reach > 0 ? Math.min(most, at(.75) + reach) : most;
    if (both) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
    const far = Math.max(-low, high), up = metrics[m].better < 0 ? -1 : 1, losses = signed.has(metrics[m].name) && most <= 0;
    const share = (x) => (Math.max(low, Math.min(high, x)) - low) / (high - low);
    return {low, high, cut: [low > least, high < most],
      t: (x) => both ? up * Math.max(low, Math.min(high, x)) / far
        : high > low ? .08 + .92 * (up > 0 ? share(x) : 1 - share(x)) - (losses ? 1.08 : 0) : losses ? -.5 : .5};
  }

  // ---- the map ----

  const state = {metric: data.sort, down: 0, across: 1, rest: "best"};
  const rests = [["best", "the best"], ["median", "the median"], ["fixed", "as in the best set"]];
  let cells = [];

  function select(label, options, value, change) {
    const box = make("select", {onchange: () => { change(box.value); drawMap(); }});
    options.forEach(([v, text]) => box.append(make("option", {value: v, textContent: text})));
    box.value = value;
    return make("label", {textContent: label}, box);
  }

  function controls() {
    const box = $("map-controls");
    box.textContent = "";
    box.append(select("Metric", metrics.map((m, i) => [i, m.title]), state.metric, (v) => { state.metric = +v; }));
    if (tried.length > 1) {
      const names = tried.map((p, i) => [i, p.name]);
      const pick = (own, other) => (v) => {
        if (state[other] === +v) state[other] = state[own];
        state[own] = +v;
        controls();
      };
      box.append(select("Down", names, state.down, pick("down", "across")), select("Across", names, state.across, pick("across", "down")));
      if (tried.length > 2 || tried.some((p) => p.texts.length > CELLS))
        box.append(select("Of several sets in a cell", rests, state.rest, (v) => { state.rest = v; }));
    }
    Array.from(box.querySelectorAll("select"), (s, i) => { s.id = ["map-metric", "map-down", "map-across", "map-rest"][i]; });
  }

  // Values of a parameter as rows or columns: neighbours go together where there are too many.
  function slots(p, most) {
    const size = Math.ceil(p.texts.length / most), out = [];
    for (let from = 0; from < p.texts.length; from += size) {
      const to = Math.min(p.texts.length, from + size) - 1;
      out.push(to > from ? p.texts[from] + " \u2026 " + p.texts[to] : p.texts[from]);
    }
    return {texts: out, size};
  }

  function fill(down, across, rows, columns) {
    const values = column(state.metric), better = metrics[state.metric].better;
    const others = state.rest === "fixed" ? tried.filter((p) => p !== down && p !== across) : [];
    const grid = rows.texts.map(() => columns.texts.map(() => ({sets: [], failed: 0, known: []})));
    for (let i = 0; i < n; i++) {
      if (others.some((p) => p.at[i] !== p.at[0])) continue;
      const cell = grid[Math.floor(down.at[i] / rows.size)][Math.floor(across.at[i] / columns.size)];
      cell.sets.push(i);
      if (failure(i)) cell.failed++;
      else if (isFinite(values[i])) cell.known.push(i);
    }
    for (const cell of grid.flat()) {
      cell.state = cell.known.length ? "" : !cell.sets.length ? "none" : cell.failed === cell.sets.length ? "failed" : "null";
      if (cell.state) continue;
      if (state.rest === "median") {
        cell.v = median(cell.known.map((i) => values[i]));
      } else {
        cell.from = cell.known.reduce((a, b) => (better < 0 ? values[b] < values[a] : values[b] > values[a]) ? b : a);
        cell.v = values[cell.from];
      }
    }
    return grid;
  }

  function about(cell, down, across, r, c, rows, columns) {
    const many = cell.sets.length, m = metrics[state.metric], out = [];
    out.push(down.name + " = " + rows.texts[r] + ", " + across.name + " = " + columns.texts[c]);
    if (cell.state === "none") return ["no set", ...out];
    if (cell.state === "failed") return [many > 1 ? "all " + group(many, 0) + " sets failed" : "failed: " + failure(cell.sets[0]), ...out];
    if (many > 1) {
      out.push((state.rest === "median" ? "median" : m.better < 0 ? "lowest" : "highest") + " of " + group(cell.known.length, 0) + " sets" +
        (cell.failed ? ", " + group(cell.failed, 0) + " failed" : ""));
      if (cell.from !== undefined)
        out.push(tried.filter((p) => (p !== down && p !== across) || rows.size > 1 || columns.size > 1)
          .map((p) => p.name + " = " + p.texts[p.at[cell.from]]).join(", "));
    }
    if (cell.state === "null") return ["n/a", m.title + " does not exist here", ...out];
    return [m.title + " " + figure(state.metric, cell.v), ...out];
  }

  function tip(texts, x, y) {
    let box = $("tip");
    if (!box) document.body.append(box = make("div", {id: "tip", role: "status"}));
    box.hidden = !texts;
    if (!texts) return;
    box.textContent = "";
    texts.filter(Boolean).forEach((text, i) => box.append(make(i ? "div" : "b", {textContent: text})));
    box.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.offsetWidth - 8)) + "px";
    box.style.top = (y + 18 + box.offsetHeight > innerHeight ? Math.max(4, y - box.offsetHeight - 12) : y + 18) + "px";
  }

  function drawTable() {
    const down = tried[state.down], across = tried[state.across], table = $("map");
    const rows = slots(down, CELLS), columns = slots(across, narrow() && !onPaper() ? CELLS / 2 : CELLS);
    const grid = fill(down, across, rows, columns), wide = columns.texts.length, dense = wide > TEXT || rows.texts.length > 3 * TEXT;
    const values = grid.flat().filter((c) => !c.state).map((c) => c.v), s = values.length ? scale(values, state.metric) : null;
    table.textContent = "";
    table.className = dense ? "map dense" : "map";
    table.style.minWidth = onPaper() ? "0" : dense ? 90 + wide * 5 + "px" : 90 + wide * 44 + "px";
    if (dense) table.style.setProperty("--cell", Math.max(5, Math.min(22, Math.round(460 / rows.texts.length))) + "px");
    const step = dense ? Math.ceil(wide / (narrow() ? 6 : 14)) : 1, head = make("tr");
    const first = make("col");
    first.style.width = narrow() ? "56px" : "84px";
    table.append(make("colgroup", {}, first));
    head.append(make("th", {className: "names down", textContent: down.name, title: down.name}));
    for (let c = 0; c < wide; c += step)
      head.append(make("th", {colSpan: Math.min(step, wide - c), scope: "col", textContent: wide - c < step && c ? "" : columns.texts[c],
        title: columns.texts[c]}));
    table.append(make("thead", {}, make("tr", {}, make("th"), make("th", {className: "names", colSpan: wide, textContent: across.name})), head));
    const body = make("tbody"), label = dense ? Math.ceil(rows.texts.length / 16) : 1;
    cells = grid;
    grid.forEach((list, r) => {
      const tr = make("tr");
      if (r % label === 0)
        tr.append(make("th", {rowSpan: Math.min(label, grid.length - r), scope: "row", textContent: rows.texts[r], title: rows.texts[r]}));
      list.forEach((cell, c) => {
        const td = make("td", {className: cell.state, tabIndex: r || c ? -1 : 0});
        td.dataset.r = r;
        td.dataset.c = c;
        cell.about = () => about(cell, down, across, r, c, rows, columns);
        if (!cell.state) {
          const colour = ramp(s.t(cell.v));
          td.dataset.v = cell.v;
          td.style.backgroundColor = rgb(colour);
          td.style.color = ink(colour);
          if (!dense) td.textContent = brief(state.metric, cell.v);
        } else if (!dense) {
          td.textContent = {none: "", null: "n/a", failed: "\u00d7"}[cell.state];
        }
        if (won && cell.sets.includes(0)) td.classList.add("win");
        tr.append(td);
      });
      body.append(tr);
    });
    table.append(body);
    legend(s, grid.flat());
  }

  function legend(s, all) {
    const box = $("map-legend"), m = metrics[state.metric];
    box.textContent = "";
    if (s) {
      const bar = make("i"), t = (x) => rgb(ramp(s.t(s.low + (s.high - s.low) * x)));
      bar.style.backgroundImage = "linear-gradient(90deg, " + Array.from({length: 21}, (x, i) => t(i / 20)).join(", ") + ")";
      const word = (high) => m.better === 0 ? "" : (m.better > 0) === high ? " better" : " worse";
      box.append(make("div", {className: "ramp"}, (s.cut[0] ? "\u2264 " : "") + figure(state.metric, s.low) + word(false), bar,
        (s.cut[1] ? "\u2265 " : "") + figure(state.metric, s.high) + word(true)));
    }
    const kinds = [["win", "the best set", won], ["null", "no such figure", all.some((c) => c.state === "null")],
      ["failed", "failed", all.some((c) => c.state === "failed")], ["none", "no set", all.some((c) => c.state === "none")]];
    const list = make("div", {className: "swatches"});
    for (const [name, text, there] of kinds)
      if (there) list.append(make("span", {}, make("i", {className: name}), text));
    box.append(list);
  }

  // One parameter: its values on the level.
  function drawLine() {
    const p = tried[0], values = column(state.metric), m = state.metric;
    const order = Array.from({length: n}, (x, i) => i).sort((a, b) => p.at[a] - p.at[b]);
    const x = order.map((i) => p.numbers ? p.numbers[p.at[i]] : p.at[i]), y = order.map((i) => isFinite(values[i]) ? values[i] : null);
    const named = (u, at) => at.map((v) => Number.isInteger(v) && p.texts[v] || "");
    const low = x[0], high = x[x.length - 1], margin = (high - low) / (2 * x.length);
    draw("line", y.some((v) => v !== null) ? [x, y] : [[], []], [line(metrics[m].title, "--main", (v) => figure(m, v), {width: 2, points: {show: x.length <= 100, size: 7}})], ticks(""),
      {plain: true, none: "no set has this figure", name: p.name, at: (u, v, s, i) => i == null ? "" : p.texts[p.at[order[i]]],
        options: {axes: axesOf(p.numbers ? ticks("") : named, ticks(metrics[m].unit === "%" ? " %" : "")),
          hooks: {draw: [(u) => won && rule(u, [[p.numbers ? p.numbers[p.at[0]] : p.at[0], "the best set", "--win"]])]},
          scales: {x: {time: false, range: () => [low - margin, high + margin]}}}});
    $("map-legend").textContent = "";
  }

  function drawMap() {
    const m = metrics[state.metric], several = tried.length > 2 || tried.some((p) => p.texts.length > CELLS);
    $("line").hidden = tried.length > 1;
    $("map").hidden = tried.length < 2;
    $("map-about").textContent = tried.length < 2 ? m.title : m.title + ", " + tried[state.down].name + " down, " + tried[state.across].name +
      " across" + (several ? "; of several sets " + (state.rest === "median" ? "the median" : state.rest === "best" ? (m.better < 0 ?
        "the lowest" : "the highest") : "that with the best set's other parameters") : "");
    if (tried.length > 1) drawTable();
    else if (tried.length === 1) drawLine();
    else {
      $("line").textContent = "";
      njord.empty($("line"), "one set: there is nothing to compare");
    }
  }

  function watchMap() {
    const table = $("map"), of = (e) => e.target.closest && e.target.closest("td");
    table.addEventListener("mousemove", (e) => {
      const td = of(e);
      tip(td && cells[td.dataset.r][td.dataset.c].about(), e.clientX, e.clientY);
    });
    table.addEventListener("mouseleave", () => tip(null));
    table.addEventListener("focusin", (e) => {
      const td = of(e), box = td.getBoundingClientRect(), texts = cells[td.dataset.r][td.dataset.c].about();
      td.setAttribute("aria-label", texts.filter(Boolean).join("; "));
      tip(texts, box.left, box.bottom - 14);
    });
    table.addEventListener("focusout", () => tip(null));
    table.addEventListener("keydown", (e) => {
      const td = of(e), step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[e.key];
      if (!td || !step) return;
      const to = table.querySelector("td[data-r='" + (+td.dataset.r + step[0]) + "'][data-c='" + (+td.dataset.c + step[1]) + "']");
      e.preventDefault();
      if (!to) return;
      td.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
  }

  // ---- parallel axes ----

  const chosen = new Set([data.sort].concat(shown.slice(0, 4)));
  const brushes = new Map();  // of an axis: [from, to], shares of its height from below
  let lit = -1;               // the set under the pointer
  let lines = [];

  // Axes from the left: parameters, then the metrics chosen; y[i]: 0 to 1, below 0 where there is no figure.
  function axesNow() {
    const out = tried.map((p) => ({key: "p" + p.name, name: p.name, texts: p.texts, y: Array.from(p.at, (k) => k / (p.texts.length - 1))}));
    metrics.forEach((m, i) => {
      if (!chosen.has(i)) return;
      const v = column(i), real = v.filter(isFinite);
      const low = real.reduce((a, b) => Math.min(a, b), Infinity), high = real.reduce((a, b) => Math.max(a, b), -Infinity);
      out.push({key: "m" + i, name: m.title, metric: i, low, high,
        y: Array.from(v, (x) => isFinite(x) ? high > low ? (x - low) / (high - low) : .5 : -.09)});
    });
    return out;
  }

  const inside = (i) => lines.every((a) => {
    const b = brushes.get(a.key);
    return !b || a.y[i] >= b[0] && a.y[i] <= b[1];
  });

  const TOP = 44, BOTTOM = 40;
  const geometry = (box) => {
    const w = box.clientWidth, h = box.clientHeight, side = 64;
    return {w, h, x: (k) => lines.length > 1 ? side + (w - 2 * side) * k / (lines.length - 1) : w / 2,
      y: (share) => TOP + (h - TOP - BOTTOM) * (1 - share)};
  };

  function strokes(ctx, g, list, colour, wide, alpha) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = wide;
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    for (const i of list)
      lines.forEach((a, k) => k ? ctx.lineTo(g.x(k), g.y(a.y[i])) : ctx.moveTo(g.x(0), g.y(a.y[i])));
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  const blend = (a, b, t) => rgb([0, 1, 2].map((i) => Math.round(parseInt(a.slice(1 + 2 * i, 3 + 2 * i), 16) * (1 - t) +
    parseInt(b.slice(1 + 2 * i, 3 + 2 * i), 16) * t)));

  function short(text, ctx, room) {
    if (ctx.measureText(text).width <= room) return text;
    while (text.length > 1 && ctx.measureText(text + "\u2026").width > room) text = text.slice(0, -1);
    return text + "\u2026";
  }

  function labels(ctx, g) {
    const [plate, soft, dark] = [css("--panel"), css("--soft"), css("--ink")];
    const room = lines.length > 1 ? g.x(1) - g.x(0) - 10 : g.w, left = (text, a, k, y) => {
      ctx.globalAlpha = .8;
      ctx.fillStyle = plate;
      ctx.fillRect(g.x(k) + 4, y - 8, ctx.measureText(text).width + 5, 16);
      ctx.globalAlpha = 1;
      ctx.fillStyle = dark;
      ctx.fillText(text, g.x(k) + 6, y);
    };
    lines.forEach((a, k) => {
      ctx.strokeStyle = soft;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(g.x(k), g.y(0));
      ctx.lineTo(g.x(k), g.y(1));
      ctx.stroke();
      ctx.textAlign = "center";
      ctx.textBaseline = "alphabetic";
      ctx.font = "600 13px system-ui, sans-serif";
      ctx.fillStyle = dark;
      ctx.fillText(short(a.name, ctx, Math.max(60, room)), g.x(k), 20);
      ctx.font = "12px system-ui, sans-serif";
      ctx.fillStyle = soft;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      if (a.texts) {
        const step = Math.max(1, Math.ceil(a.texts.length / 11));
        a.texts.forEach((text, i) => {
          if (i === a.texts.length - 1 || i % step === 0 && a.texts.length - 1 - i >= step) left(short(text, ctx, Math.max(40, room - 12)), a, k, g.y(i / (a.texts.length - 1)));
        });
      } else if (a.low <= a.high) {
        for (const share of a.high > a.low ? [0, .25, .5, .75, 1] : [.5])
          left(brief(a.metric, a.high > a.low ? a.low + (a.high - a.low) * share : a.low) + (metrics[a.metric].unit === "%" ? "%" : ""), a, k, g.y(share));
        if (a.y.some((y) => y < 0)) left("n/a", a, k, g.y(-.09));
      }
    });
  }

  function canvas(box, name, g) {
    let c = box.querySelector("." + name);
    if (!c) box.append(c = make("canvas", {className: name}));
    const px = window.devicePixelRatio || 1;
    c.width = g.w * px;
    c.height = g.h * px;
    const ctx = c.getContext("2d");
    ctx.scale(px, px);
    ctx.lineJoin = "round";
    return ctx;
  }

  function drawLines() {
    const box = $("parallel"), g = geometry(box), ctx = canvas(box, "lines", g), in_ = [], out = [];
    for (let i = n - 1; i >= 0; i--)
      if (!failure(i)) (inside(i) ? in_ : out).push(i);
    const alpha = Math.max(.06, Math.min(.8, 14 / Math.sqrt(n)));
    if (out.length) strokes(ctx, g, out, css("--hold"), 1, alpha / 3);
    const bands = 8, strong = css("--main");
    for (let b = 0; b < bands; b++) {
      const part = in_.filter((i) => Math.floor((n - 1 - i) / n * bands) === b);
      if (part.length) strokes(ctx, g, part, blend(css("--hold"), strong, b / (bands - 1)), b === bands - 1 ? 1.4 : 1, Math.min(1, alpha * (.6 + b / bands)));
    }
    if (won && inside(0)) strokes(ctx, g, [0], css("--win"), 3, 1);
    labels(ctx, g);
    drawLit();
  }

  function drawLit() {
    const box = $("parallel"), g = geometry(box), ctx = canvas(box, "lit", g);
    if (lit >= 0 && !failure(lit)) strokes(ctx, g, [lit], css("--ink"), 2.5, 1);
  }

  function drawParallel() {
    const box = $("parallel");
    lines = axesNow();
    for (const key of brushes.keys())
      if (!lines.some((a) => a.key === key)) brushes.delete(key);
    box.textContent = "";
    box.style.width = "";
    box.style.minWidth = onPaper() ? "0" : lines.length * (narrow() ? 84 : 92) + "px";
    if (onPaper()) box.style.width = width(box) + "px";
    drawLines();
    const g = geometry(box);
    lines.forEach((a, k) => {
      const strip = make("div", {className: "axis", title: "drag to choose, click to choose all"});
      strip.dataset.axis = a.key;
      strip.style.left = g.x(k) + "px";
      box.append(strip);
      drag(strip, a);
      showBrush(strip, a);
    });
  }

  function showBrush(strip, a) {
    const b = brushes.get(a.key);
    strip.textContent = "";
    if (!b) return;
    const g = geometry($("parallel")), top = strip.offsetTop, mark = make("div", {className: "brush"});
    mark.style.top = g.y(b[1]) - top + "px";
    mark.style.height = Math.max(2, g.y(b[0]) - g.y(b[1])) + "px";
    strip.append(mark);
  }

  let asked = 0;
  function chosenAnew() {
    if (!asked)
      asked = requestAnimationFrame(() => {
        asked = 0;
        drawLines();
        drawSets();
      });
  }

  function drag(strip, a) {
    let from = null;
    const at = (e) => {
      const box = $("parallel"), g = geometry(box), y = e.clientY - box.getBoundingClientRect().top;
      return (g.y(0) - y) / (g.y(0) - g.y(1));
    };
    strip.addEventListener("pointerdown", (e) => {
      from = at(e);
      strip.setPointerCapture(e.pointerId);
      e.preventDefault();
    });
    strip.addEventListener("pointermove", (e) => {
      if (from === null) return;
      const to = at(e);
      if (Math.abs(to - from) < .01) return;
      brushes.set(a.key, [Math.min(from, to), Math.max(from, to)]);
      showBrush(strip, a);
      chosenAnew();
    });
    const end = (e) => {
      if (from !== null && Math.abs(at(e) - from) < .01) brushes.delete(a.key);
      from = null;
      showBrush(strip, a);
      chosenAnew();
    };
    strip.addEventListener("pointerup", end);
    strip.addEventListener("pointercancel", end);
  }

  function chooser() {
    const box = $("metrics");
    metrics.forEach((m, i) => {
      const b = make("button", {type: "button", textContent: m.title, title: m.about, onclick: () => {
        if (!chosen.delete(i)) chosen.add(i);
        b.setAttribute("aria-pressed", chosen.has(i));
        drawParallel();
        drawSets();
      }});
      b.setAttribute("aria-pressed", chosen.has(i));
      box.append(b);
    });
  }

  // ---- the table ----

  const order = {key: "rank", falling: false};
  let words = [], texts = null;

  function columns() {
    const out = [{key: "rank", title: "#", text: (i) => group(rank(i), 0), value: rank}];
    params.forEach((p, k) => out.push({key: "p" + k, title: p.name, param: true, text: (i) => p.texts[p.at[i]], value: (i) => p.at[i]}));
    metrics.forEach((m, k) => {
      const v = chosen.has(k) && column(k);
      if (v) out.push({key: "m" + k, title: m.title, metric: true, about: m.about, text: (i) => figure(k, v[i]), value: (i) => v[i]});
    });
    if (failed) out.push({key: "error", title: "Error", wordy: true, text: failure, value: failure});
    return out;
  }

  function found(i) {
    if (!words.length) return true;
    if (!texts)
      texts = Array.from({length: n}, (x, k) => ("#" + rank(k) + " " + params.map((p) => p.name + "=" + p.texts[p.at[k]]).join(" ") + " " +
        failure(k)).toLowerCase());
    return words.every((w) => texts[i].includes(w));
  }

  function drawSets() {
    const table = $("sets"), list = columns(), by = list.find((c) => c.key === order.key) || list[0], picked = [];
    for (let i = 0; i < n; i++)
      if (found(i) && inside(i)) picked.push(i);
    const none = (v) => v === "" || v !== v;
    picked.sort((a, b) => {
      const x = by.value(a), y = by.value(b);
      return none(x) || none(y) ? none(x) - none(y) || a - b : x === y ? a - b : (x < y ? -1 : 1) * (order.falling ? -1 : 1);
    });
    const head = make("tr");
    for (const c of list) {
      const th = make("th", {scope: "col", className: c.wordy ? "text" : "", title: c.about || ""}, make("button", {type: "button", textContent: c.title,
        onclick: () => {
          order.falling = order.key === c.key ? !order.falling : !!c.metric;
          order.key = c.key;
          drawSets();
        }}));
      if (c.key === by.key) th.setAttribute("aria-sort", order.falling ? "descending" : "ascending");
      head.append(th);
    }
    const body = make("tbody");
    for (const i of picked.slice(0, ROWS)) {
      const tr = make("tr");
      tr.dataset.set = i;
      for (const c of list) tr.append(make("td", {className: c.wordy ? "text" : c.param ? "param" : "", textContent: c.text(i)}));
      body.append(tr);
    }
    table.textContent = "";
    table.append(make("thead", {}, head), body);
    $("clear").hidden = !brushes.size && !words.length;
    const many = picked.length, all = many === n;
    $("sets-about").textContent = (many > ROWS ? "the first " + group(ROWS, 0) + " of " : "") + group(many, 0) +
      (all ? n < data.sets ? " in this page; the CSV has all " + group(data.sets, 0) : many > ROWS ? "; the CSV has all" : ""
        : " chosen of " + group(n, 0)) + (data.digits < 7 ? "; figures have four digits here" : "");
  }

  function watchSets() {
    $("search").oninput = () => {
      words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
      drawSets();
    };
    $("clear").onclick = () => {
      brushes.clear();
      words = [];
      $("search").value = "";
      drawParallel();
      drawSets();
    };
    $("sets").addEventListener("mouseover", (e) => {
      const tr = e.target.closest("tbody tr"), now = tr ? +tr.dataset.set : -1;
      if (now === lit) return;
      lit = now;
      drawLit();
    });
    $("sets").addEventListener("mouseleave", () => {
      lit = -1;
      drawLit();
    });
  }

  // ---- the whole ----

  function distribution() {
    const marks = [], m = data.sort;
    if (won) marks.push([data.best, "the best set " + figure(m, data.best), "--win"]);
    if (data.luck !== null) marks.push([data.luck, "luck alone " + figure(m, data.luck), "--soft"]);
    histogram("histogram", data.histogram, metrics[m].title, [["Sets", "--main", () => true]], {none: "no set has a figure", marks});
  }

  controls();
  watchMap();
  chooser();
  watchSets();
  start(() => {
    drawMap();
    distribution();
    drawParallel();
    drawSets();
  }, () => {
    if (tried.length > 1) drawTable();
    drawParallel();
  });
})();
