/* report.js - the charts of one run, or of several over each other. */
(function () {
  "use strict";
  const {data, group, percent, curve, together, css, ticks, draw, line, area, histogram, link, ranges, start, axes} = njord;
  const colours = ["#1d6fd8", "#e07b12", "#159a6a", "#b5438f", "#7a5bd0", "#c9a21a", "#d0454f", "#13a3b4", "#7d8a2e", "#9a6a4b",
    "#5f7186", "#d66fa5"];

  function precision(values) {
    let high = 0;
    for (const v of values) if (v != null && Math.abs(v) > high) high = Math.abs(v);
    return high >= 1000 ? 2 : high >= 1 ? 4 : 8;
  }

  // ---- one run ----

  function equityChart() {
    const own = curve(data.equity), hold = curve(data.benchmark);
    const unit = (v) => group(v, 2) + " " + data.quote;
    const series = [line("Equity", "--main", unit, {fill: css("--fill"), fillTo: (u) => u.scales.y.min, width: 2})];
    if (hold.t.length) series.push(line("Buy and hold", "--hold", unit, {dash: [5, 4]}));
    const values = together(hold.t.length ? [own, hold] : [own]);
    draw("equity", values, series, ticks(""), folds.length ? {options: {hooks: {setScale: [link], draw: [foldLines]}}} : undefined);
  }

  // ---- of a walk-forward: its folds, as their table has them ----

  const folds = Array.from(document.querySelectorAll("#folds tbody tr"), (row) => {
    const number = (name) => name in row.dataset ? +row.dataset[name] : null;
    return {fold: number("fold"), from: number("from") / 1000, train: number("train"), test: number("test")};
  });

  // Where each test begins, with its number where there is room.
  function foldLines(u) {
    const ctx = u.ctx, px = devicePixelRatio;
    let free = -Infinity;
    ctx.save();
    ctx.font = 11 * px + "px system-ui, sans-serif";
    ctx.textBaseline = "top";
    ctx.strokeStyle = css("--hold");
    ctx.fillStyle = css("--soft");
    ctx.lineWidth = px;
    ctx.setLineDash([2 * px, 3 * px]);
    for (const f of folds) {
      if (f.from < u.scales.x.min || f.from > u.scales.x.max) continue;
      const x = Math.round(u.valToPos(f.from, "x", true)), text = String(f.fold);
      ctx.beginPath();
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
      if (x < free) continue;
      ctx.fillText(text, x + 3 * px, u.bbox.top + 2 * px);
      free = x + ctx.measureText(text).width + 8 * px;
    }
    ctx.restore();
  }

  function foldsChart() {
    const name = document.getElementById("train-test").dataset.metric, points = {points: {show: true, size: 7, fill: css("--panel")}};
    const whole = (u, at) => at.map((v) => v % 1 ? "" : group(v, 0));
    const at = (u, v) => group(v == null ? folds.length : v, 0);
    draw("train-test", [folds.map((f) => f.fold), folds.map((f) => f.train), folds.map((f) => f.test)],
      [line("Train", "--hold", (v) => group(v, 2), Object.assign({dash: [5, 4]}, points)), line("Test", "--main", (v) => group(v, 2), points)],
      ticks(""), {plain: true, name: "Fold", at: at, none: "no fold has a " + name, options: {axes: axes(whole, ticks("")),
        scales: {x: {time: false, range: () => [.5, folds.length + .5]}}}});
  }

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
    histogram("histogram", data.histogram, "Trades", [["Losses", "--neg", (v) => v < 0], ["Profits", "--pos", (v) => v >= 0]],
      {none: "no trades"});
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
    if (data.mode === "single") {
      equityChart();
      if (folds.length) foldsChart();
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

  ranges((data.mode === "single" ? [data] : data.runs).map((r) => curve(r.equity)));
  start(drawAll);
  search();
})();
