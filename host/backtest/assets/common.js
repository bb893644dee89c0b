/* common.js - what the scripts of all reports share: numbers, charts over time that zoom together, histograms, light, dark and paper.
 * It draws from the data in the page; nothing is fetched and nothing is kept. */
const njord = (function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = () => innerWidth < 620;
  let charts = [];      // all of them
  let range = null;     // [from, to] in seconds; null: all
  let full = null;
  let paper = 0;        // width of a chart that is printed; 0: as wide as its box

  // ---- numbers ----

  const formats = [];
  const format = (digits) => formats[digits] || (formats[digits] = new Intl.NumberFormat("en-US", {minimumFractionDigits: digits,
    maximumFractionDigits: digits}));
  const group = (v, digits) => v == null || !isFinite(v) ? "" : format(digits).format(v).replace("-", "\u2212");
  const percent = (digits) => (v) => v == null ? "" : group(v, digits) + "\u00a0%";
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (n) => (n < 10 ? "0" : "") + n;
  function when(seconds) {
    const d = new Date(seconds * 1000);
    return d.getUTCFullYear() + "-" + two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate()) + " " + two(d.getUTCHours()) + ":" +
      two(d.getUTCMinutes());
  }

  // ---- curves ----

  // Differences of milliseconds to seconds.
  function curve(from) {
    let at = 0;
    return {t: from.t.map((d) => (at += d) / 1000), v: from.v};
  }

  // Curves with times of their own on one axis: where one has no point, the line between its neighbours.
  function together(curves) {
    const t = Array.from(new Set(curves.flatMap((c) => c.t))).sort((a, b) => a - b);
    return [t].concat(curves.map((c) => {
      let k = 0;
      return t.map((x) => {
        while (k < c.t.length && c.t[k] < x) k++;
        if (k < c.t.length && c.t[k] === x) return c.v[k];
        if (k === 0 || k === c.t.length) return null;
        return c.v[k - 1] + (c.v[k] - c.v[k - 1]) * (x - c.t[k - 1]) / (c.t[k] - c.t[k - 1]);
      });
    }));
  }

  // ---- charts ----

  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const width = (box) => paper || Math.max(240, box.clientWidth);
  const height = (box) => parseFloat(getComputedStyle(box).minHeight);

  // Keeps all charts over time on one range; a double click shows all again.
  function link(u, key) {
    if (key !== "x" || u.linking) return;
    const from = u.scales.x.min, to = u.scales.x.max;
    if (from == null || to == null) return;
    range = full && from <= full[0] && to >= full[1] ? null : [from, to];
    for (const other of charts) {
      if (other === u || !other.overTime || other.linking) continue;
      other.linking = true;
      other.setScale("x", {min: from, max: to});
      other.linking = false;
    }
    mark();
  }

  // As many digits as the distance between ticks needs.
  const ticks = (unit) => (u, at, axis, space, step) => {
    let digits = 0;
    while (digits < 8 && Math.abs(step - +step.toFixed(digits)) > step * 1e-6) digits++;
    return at.map((v) => group(v, digits) + unit);
  };

  // Hours with their day below where it changes, days with their year, months with theirs.
  function dates(u, at, axis, space, step) {
    let before = "";
    return at.map((seconds) => {
      const d = new Date(seconds * 1000), month = months[d.getUTCMonth()], year = String(d.getUTCFullYear());
      const day = d.getUTCDate() + " " + month;
      const [text, below] = step < 86400 ? [two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + (step < 60 ? ":" + two(d.getUTCSeconds()) : ""),
        day + " " + year] : step < 27 * 86400 ? [day, year] : step < 360 * 86400 ? [month, year] : [year, ""];
      const out = below === before ? text : text + "\n" + below;
      before = below;
      return out;
    });
  }

  function axes(x, y) {
    const line = {stroke: css("--soft"), grid: {stroke: css("--grid"), width: 1}, ticks: {stroke: css("--grid"), width: 1},
      font: "12px system-ui, sans-serif"};
    return [Object.assign({space: narrow() ? 64 : 90, values: x}, line), Object.assign({values: y,
      size: (u, texts) => Math.max(46, 18 + 7 * Math.max(0, ...(texts || []).map((text) => String(text).length)))}, line)];
  }

  function empty(box, text) {
    const p = document.createElement("p");
    p.className = "empty";
    p.style.minHeight = box.style.minHeight || getComputedStyle(box).minHeight;
    p.textContent = text;
    box.append(p);
  }

  function draw(id, values, series, axis, more) {
    const box = document.getElementById(id);
    if (!box) return;
    box.textContent = "";
    if (!values[0].length) {
      empty(box, more && more.none || "nothing to draw");
      return;
    }
    const overTime = !(more && more.plain);
    const options = Object.assign({
      width: width(box), height: height(box),
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
      axes: axes(dates, axis),
      series: [overTime ? {label: "UTC", value: (u, v) => when(v == null ? values[0][values[0].length - 1] : v)} : {label: more.name, value: more.at || (() => "")}].concat(series),
      scales: {x: overTime ? {time: true, range: (u, low, high) => low === high ? [low - 60, high + 60] : [low, high]} : {time: false}},
      cursor: overTime ? {sync: {key: "njord", setSeries: false}, drag: {x: true, y: false}} : {drag: {x: false, y: false}},
      legend: {live: true},
      hooks: overTime ? {setScale: [link]} : {}
    }, more && more.options);
    const u = new uPlot(options, values, box);
    u.overTime = overTime;
    u.box = box;
    charts.push(u);
    if (overTime && range) {
      u.linking = true;
      u.setScale("x", {min: range[0], max: range[1]});
      u.linking = false;
    }
  }

  const line = (label, colour, value, more) => Object.assign({label: label, stroke: css(colour) || colour, width: 1.5,
    points: {show: false}, value: (u, v, s, i) => {
      if (i == null) v = u.data[s][u.data[s].length - 1]; // no cursor: the last
      return v == null ? "" : value(v);
    }}, more);

  const area = (label, stroke, fill, value) => line(label, stroke, value, {fill: css(fill), fillTo: 0});

  // Bars of a histogram, coloured in parts: [label, colour, which middles are its]. more.marks: [[value, label, colour], ...] are
  // lines from top to bottom.
  function histogram(id, h, name, parts, more) {
    const n = h.count.length, mid = h.count.map((c, i) => h.low + (i + .5) * h.width);
    const digits = Math.max(0, Math.min(8, -Math.floor(Math.log10(h.width || 1) + 1e-9)));
    const unit = h.unit === "%" ? "\u00a0%" : h.unit ? " " + h.unit : "";
    const bars = (label, colour, own) => ({label: label, fill: css(colour), stroke: css(colour), width: 0, points: {show: false},
      paths: uPlot.paths.bars({size: [.9, 90]}), value: (u, v, s, i) => i == null ? group(h.count.reduce((sum, c, k) =>
        own(mid[k]) ? sum + c : sum, 0), 0) : v == null ? "" : v + ", " + group(h.low + i * h.width, digits) + " to " +
        group(h.low + (i + 1) * h.width, digits) + unit});
    const marks = more.marks || [];
    const low = Math.min(h.low - h.width / 2, ...marks.map((m) => m[0] - h.width / 2));
    const high = Math.max(h.low + (n + .5) * h.width, ...marks.map((m) => m[0] + h.width / 2));
    draw(id, [mid].concat(parts.map((p) => h.count.map((c, i) => p[2](mid[i]) ? c : null))), parts.map((p) => bars(...p)), ticks(""),
      {plain: true, name: name, none: more.none, options: {axes: axes(ticks(unit), (u, at) => at.map((v) => v % 1 ? "" : group(v, 0))),
        hooks: {draw: [(u) => rule(u, marks)]}, scales: {x: {time: false, range: () => [low, high]},
          y: {range: (u, least, most) => [0, (most || 1) * (marks.length ? 1.25 : 1.08)]}}}});
  }

  // Upright lines with their labels, each a row lower than the one before.
  function rule(u, marks) {
    const ctx = u.ctx, px = devicePixelRatio;
    ctx.save();
    ctx.font = "600 " + 12 * px + "px system-ui, sans-serif";
    ctx.textBaseline = "top";
    marks.forEach(([value, label, colour], i) => {
      const x = Math.round(u.valToPos(value, "x", true)), right = x + ctx.measureText(label).width + 8 * px < u.bbox.left + u.bbox.width;
      ctx.strokeStyle = ctx.fillStyle = css(colour);
      ctx.lineWidth = 2 * px;
      ctx.setLineDash(i ? [5 * px, 4 * px] : []);
      ctx.beginPath();
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
      ctx.textAlign = right ? "left" : "right";
      const room = ctx.measureText(label).width + 4 * px;
      ctx.fillStyle = css("--panel");
      ctx.fillRect(right ? x + 4 * px : x - 4 * px - room, u.bbox.top + 16 * i * px, room, 16 * px);
      ctx.fillStyle = css(colour);
      ctx.fillText(label, x + (right ? 6 : -6) * px, u.bbox.top + (2 + 16 * i) * px);
    });
    ctx.restore();
  }

  // ---- the whole ----

  const spans = [["1h", 3600], ["1d", 86400], ["1w", 7 * 86400], ["1m", 30 * 86400], ["3m", 91 * 86400], ["1y", 365 * 86400],
    ["3y", 3 * 365 * 86400]];
  const buttons = [];

  function show(from, to) {
    const u = charts.find((c) => c.overTime);
    if (u) u.setScale("x", {min: from, max: to});
  }

  function mark() {
    for (const b of buttons)
      b.setAttribute("aria-pressed", String(b.span ? range !== null && Math.abs(range[1] - full[1]) < 1 &&
        Math.abs(range[1] - range[0] - b.span) < 1 : range === null));
  }

  // Buttons that show the last part of curves.
  function ranges(all) {
    const curves = all.filter((c) => c.t.length);
    if (!curves.length) return;
    full = [Math.min(...curves.map((c) => c.t[0])), Math.max(...curves.map((c) => c.t[c.t.length - 1]))];
    const add = (text, span) => {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = text;
      b.span = span;
      b.onclick = () => span ? show(full[1] - span, full[1]) : show(full[0], full[1]);
      buttons.push(b);
      document.getElementById("ranges").append(b);
    };
    for (const [text, span] of spans)
      if (span < (full[1] - full[0]) * .9 && span > (full[1] - full[0]) / 200) add(text, span);
    add("All", 0);
    mark();
  }

  let make = () => {}, fit = () => {};

  function drawAll() {
    for (const u of charts) u.destroy();
    charts = [];
    make();
    root.dataset.charts = charts.length;
  }

  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  document.getElementById("theme").onclick = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    drawAll();
  };
  dark.addEventListener("change", drawAll);

  // Paper is white, whatever the screen is.
  let before;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    paper = 640; // what A4 and Letter have between margins and padding
    drawAll();
  });
  addEventListener("afterprint", () => {
    paper = 0;
    if (before) root.dataset.theme = before; else delete root.dataset.theme;
    drawAll();
  });

  let wait;
  addEventListener("resize", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      for (const u of charts) u.setSize({width: width(u.box), height: height(u.box)});
      fit();
    }, 60);
  });

  // Draws now, and anew in another light and on paper; resized (may be left out): what has no chart of its own to be fitted.
  function start(page, resized) {
    make = page;
    fit = resized || fit;
    drawAll();
  }

  return {data, root, narrow, group, percent, two, curve, together, css, width, ticks, axes, empty, draw, line, area, histogram, rule, link,
    ranges, start, isDark, onPaper: () => paper > 0};
})();
