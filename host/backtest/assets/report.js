/* report.js - draws a report's charts from the data in the page; nothing is fetched and nothing is kept. */
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colours = ["#1d6fd8", "#e07b12", "#159a6a", "#b5438f", "#7a5bd0", "#c9a21a", "#d0454f", "#13a3b4", "#7d8a2e", "#9a6a4b",
    "#5f7186", "#d66fa5"];
  const narrow = () => innerWidth < 620;
  let charts = [];      // all of them
  let range = null;     // [from, to] in seconds; null: all
  let full = null;
  let paper = 0;        // width of a chart that is printed; 0: as wide as its box

  // ---- numbers ----

  const group = (v, digits) => v == null || !isFinite(v) ? "" : v.toLocaleString("en-US", {minimumFractionDigits: digits,
    maximumFractionDigits: digits}).replace("-", "\u2212");
  const percent = (digits) => (v) => v == null ? "" : group(v, digits) + "\u00a0%";
  function precision(values) {
    let high = 0;
    for (const v of values) if (v != null && Math.abs(v) > high) high = Math.abs(v);
    return high >= 1000 ? 2 : high >= 1 ? 4 : 8;
  }
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
      series: [overTime ? {label: "UTC", value: (u, v) => when(v == null ? values[0][values[0].length - 1] : v)} : {label: "Trades", value: () => ""}].concat(series),
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

  // ---- one run ----

  function equityChart() {
    const own = curve(data.equity), hold = curve(data.benchmark);
    const unit = (v) => group(v, 2) + " " + data.quote;
    const series = [line("Equity", "--main", unit, {fill: css("--fill"), fillTo: (u) => u.scales.y.min, width: 2})];
    if (hold.t.length) series.push(line("Buy and hold", "--hold", unit, {dash: [5, 4]}));
    const values = together(hold.t.length ? [own, hold] : [own]);
    draw("equity", values, series, ticks(""));
  }

  const area = (label, stroke, fill, value) => line(label, stroke, value, {fill: css(fill), fillTo: 0});

  function drawdownChart() {
    const c = curve(data.drawdown);
    draw("drawdown", [c.t, c.v], [area("Drawdown", "--down", "--down-fill", percent(2))], ticks(" %"));
  }

  function exposureChart() {
    const c = curve(data.exposure);
    draw("exposure", [c.t, c.v], [Object.assign(area("Held", "--main", "--fill", percent(0)), {paths: uPlot.paths.stepped({align: 1})})],
      ticks(" %"), {options: {scales: {x: {time: true}, y: {range: [0, 102]}}}});
  }

  function sharpeChart() {
    const c = curve(data.sharpe);
    draw("sharpe", [c.t, c.v], [line("Sharpe", "--main", (v) => group(v, 2), {points: {show: c.t.length < 60, size: 5}})],
      ticks(""), {none: "fewer than seven days"});
  }

  function priceChart(prices, i) {
    const close = curve(prices.close), buys = curve(prices.buys), sells = curve(prices.sells);
    if (!document.getElementById("price" + i)) return;
    const shown = buys.t.length + sells.t.length, digits = precision(prices.close.v);
    if (shown < prices.fills)
      document.querySelector("#panel-price" + i + " .thinned").textContent = ", " + group(shown, 0) + " of " + group(prices.fills, 0) + " fills";
    // Marks have times of their own: they are drawn over the line, not joined with it.
    const marks = (u) => {
      const ctx = u.ctx, low = u.scales.x.min, high = u.scales.x.max, inside = (t) => t >= low && t <= high;
      const many = buys.t.filter(inside).length + sells.t.filter(inside).length;
      const s = Math.min(6, Math.max(2.2, 60 / Math.sqrt(many + 1))) * devicePixelRatio;
      ctx.save();
      ctx.beginPath();
      ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
      ctx.clip();
      ctx.globalAlpha = many > 300 ? .65 : .95;
      for (const [c, up, colour] of [[buys, 1, css("--pos")], [sells, -1, css("--neg")]]) {
        ctx.fillStyle = colour;
        ctx.beginPath();
        for (let k = 0; k < c.t.length; k++) {
          if (!inside(c.t[k])) continue;
          const x = u.valToPos(c.t[k], "x", true), y = u.valToPos(c.v[k], "y", true);
          ctx.moveTo(x, y + up * s * .3);
          ctx.lineTo(x - s * .9, y + up * s * 1.8);
          ctx.lineTo(x + s * .9, y + up * s * 1.8);
          ctx.closePath();
        }
        ctx.fill();
      }
      ctx.restore();
    };
    draw("price" + i, [close.t, close.v],
      [line("Close", "--soft", (v) => group(v, digits), {width: 1.2})],
      ticks(""), {options: {hooks: {setScale: [link], draw: [marks]}}});
    const legend = document.querySelector("#price" + i + " .u-legend");
    if (legend)
      for (const [text, name] of [["\u25b2 " + group(data.prices[i].buys.v.length, 0) + " buys", "pos"],
        ["\u25bc " + group(data.prices[i].sells.v.length, 0) + " sells", "neg"]]) {
        const mark = document.createElement("span");
        mark.className = name;
        mark.textContent = text + "\u2003";
        legend.append(mark);
      }
  }

  function histogramChart() {
    const h = data.histogram, n = h.count.length;
    const mid = h.count.map((c, i) => h.low + (i + .5) * h.width);
    const digits = Math.max(0, Math.min(8, -Math.floor(Math.log10(h.width || 1))));
    const unit = h.unit === "%" ? "\u00a0%" : " " + h.unit;
    const bars = (label, colour, own) => ({label: label, fill: css(colour), stroke: css(colour), width: 0, points: {show: false},
      paths: uPlot.paths.bars({size: [.9, 90]}), value: (u, v, s, i) => i == null ? group(h.count.reduce((sum, c, k) =>
        own(mid[k]) ? sum + c : sum, 0), 0) : v == null ? "" : v + ", " + group(h.low + i * h.width, digits) + " to " +
        group(h.low + (i + 1) * h.width, digits) + unit});
    draw("histogram", [mid, h.count.map((c, i) => mid[i] < 0 ? c : null), h.count.map((c, i) => mid[i] >= 0 ? c : null)],
      [bars("Losses", "--neg", (v) => v < 0), bars("Profits", "--pos", (v) => v >= 0)], ticks(""),
      {plain: true, none: "no trades", options: {axes: axes(ticks(unit), (u, at) => at.map((v) => v % 1 ? "" : group(v, 0))),
        scales: {x: {time: false, range: () => [h.low - h.width / 2, h.low + (n + .5) * h.width]},
          y: {range: (u, low, high) => [0, (high || 1) * 1.08]}}}});
  }

  // ---- several runs ----

  function compared(id, key, value, axis, more) {
    const curves = data.runs.map((r) => {
      const c = curve(r[key]);
      return key === "equity" ? {t: c.t, v: c.v.map((v) => (v / r.capital - 1) * 100)} : c;
    });
    draw(id, together(curves), data.runs.map((r, i) => line(r.name, colours[i], value)), axis, more);
  }

  // ---- the whole ----

  function drawAll() {
    for (const u of charts) u.destroy();
    charts = [];
    if (data.mode === "single") {
      equityChart();
      drawdownChart();
      histogramChart();
      data.prices.forEach(priceChart);
      sharpeChart();
      exposureChart();
    } else {
      compared("equity", "equity", percent(2), ticks(" %"));
      compared("drawdown", "drawdown", percent(2), ticks(" %"));
      compared("sharpe", "sharpe", (v) => group(v, 2), ticks(""), {none: "fewer than seven days"});
    }
    root.dataset.charts = charts.length;
  }

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

  function ranges() {
    const curves = (data.mode === "single" ? [data] : data.runs).map((r) => curve(r.equity)).filter((c) => c.t.length);
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

  function search() {
    const field = document.getElementById("search");
    if (!field) return;
    const rows = Array.from(document.getElementById("fills").rows);
    const texts = rows.map((r) => Array.from(r.cells, (c) => c.textContent).join(" ").toLowerCase());
    field.oninput = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((r, i) => { r.hidden = !words.every((w) => texts[i].includes(w)); });
    };
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
    }, 60);
  });

  ranges();
  drawAll();
  search();
})();
