// Cells of the league table: a place with its bracket, a branch, a band, a drawn interval, the
// adjusted score, a change, and all of it in one for a phone.
var dagcomponentfuncs = (window.dashAgGridComponentFunctions =
  window.dashAgGridComponentFunctions || {});

(function () {
  "use strict";
  var make = function () { return window.React.createElement.apply(null, arguments); };
  var words = function () { return window.dashAgGridFunctions; };
  var cell = function (inner) { return make("span", { className: "bp-cell" }, inner); };
  var end = function (inner) { return make("span", { className: "bp-cell bp-cell-right" }, inner); };
  // What is not known is left out of a row, or null.
  var has = function (value) { return value !== null && value !== undefined; };
  var unknown = function () { return make("span", { className: "bp-noise" }, "\u2013"); };

  function follow(event) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) { return; }
    event.preventDefault();
    window.history.pushState({}, "", event.currentTarget.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }
  function link(href, css, text) {
    return make("a", { href: href, className: css, onClick: follow }, text);
  }

  // Half of a bracket to the row above, half of one to the row below. Pairs alternate between two
  // lines, so that a chain of pairs is not read as one group.
  function bracket(row, tied) {
    var found = row.bracket || {};
    if (!found.up && !found.down) { return null; }
    var half = function (side, lane) {
      return make("i", { className: "bp-tie bp-tie-" + side + " bp-lane-" + lane });
    };
    return make("span", { className: "bp-ties", title: found.up ? tied : undefined },
      found.up ? half("up", found.place % 2) : null,
      found.down ? half("down", (found.place + 1) % 2) : null);
  }

  function rank(row) {
    if (!row.ranked) { return make("span", { className: "bp-small" }, row.lacks); }
    if (!has(row.rank)) { return make("span", { className: "bp-noise" }, "\u2026"); }
    var range = row.rank_low === row.rank_high ? "" : row.rank_low + "\u2013" + row.rank_high;
    return make("span", { className: "bp-rank" }, make("b", null, row.rank), " ",
      make("span", null, range));
  }

  function band(row, names) {
    if (!row.band) { return null; }
    return make("span", { className: "bp-band bp-band-" + row.band.toLowerCase() },
      make("b", null, row.band), " ", make("span", null, names[row.band]));
  }

  function badge(row, text, long) {
    if (!row.badge) { return null; }
    return make("span", { className: "bp-badge", title: long },
      make("i", { className: "bp-icon bp-icon-award", "aria-hidden": true }), text);
  }

  function interval(row, props) {
    if (!has(row.score)) { return null; }
    var kind = props.kind, text = words().bpText;
    props = window.bpAxis(props);
    var at = function (value) {  // what lies beyond the axis is cut off at its end
      var share = (value - props.low) / (props.high - props.low);
      return 100 * Math.min(1, Math.max(0, share)) + "%";
    };
    var cut = (row.low < props.low ? " bp-cut-low" : "") + (row.high > props.high ? " bp-cut-high" : "");
    var within = function (value) { return value >= props.low && value <= props.high; };
    var title = text(row.score, kind) + "  (" + text(row.low, kind) + " \u2026 " + text(row.high, kind) + ")";
    var fair = has(row.adjusted) ? row.adjusted : null;
    return make("div", { className: "bp-range", title: title },
      make("i", { className: "bp-line" + cut, style: { left: at(row.low), right: "calc(100% - " + at(row.high) + ")" } }),
      props.mean === null ? null : make("i", { className: "bp-mean", style: { left: at(props.mean) } }),
      within(row.score) ? make("i", { className: "bp-point", style: { left: at(row.score) } }) : null,
      fair === null ? null : make("i", { className: "bp-fair", style: { left: at(fair) } }));
  }

  function adjusted(row, kind) {
    if (!has(row.adjusted)) { return unknown(); }
    return make("span", { className: "bp-adjusted", title: row.adjusted_long },
      make("span", null, words().bpText(row.adjusted, kind)),
      row.adjusted_why ? make("span", { className: "bp-muted bp-small" }, row.adjusted_why) : null);
  }

  function change(row, props) {
    if (!has(row.change)) { return unknown(); }
    var text = words().bpSigned(row.change, props.kind);
    if (row.change_is_noise) {
      return make("span", { className: "bp-noise", title: props.noise }, text);
    }
    var up = row.change > 0;
    return make("strong", { className: up ? "bp-better" : "bp-worse", title: props.real },
      make("span", { "aria-hidden": true }, up ? "\u25b2\u202f" : "\u25bc\u202f"), text);
  }

  dagcomponentfuncs.BpLink = function (props) {
    return link(props.data.href, "", props.value);
  };
  dagcomponentfuncs.BpRank = function (props) {
    return make("span", { className: "bp-cell bp-place" }, bracket(props.data, props.tied),
      rank(props.data));
  };
  dagcomponentfuncs.BpBranch = function (props) {
    var row = props.data, mark = badge(row, props.badge, props.badgeLong);
    return make("span", { className: "bp-cell" }, make("span", { className: "bp-branch" },
      link(row.href, "", row.unit_name),
      mark || make("span", { className: "bp-muted bp-small" }, row.about)));
  };
  dagcomponentfuncs.BpBand = function (props) { return cell(band(props.data, props.names)); };
  dagcomponentfuncs.BpInterval = function (props) { return cell(interval(props.data, props)); };
  dagcomponentfuncs.BpAdjusted = function (props) { return end(adjusted(props.data, props.kind)); };
  dagcomponentfuncs.BpChange = function (props) { return end(change(props.data, props)); };
  dagcomponentfuncs.BpWhy = function (props) {
    return props.data.why ? link(props.data.why, "bp-why", props.words) : null;
  };

  dagcomponentfuncs.BpCard = function (props) {
    var row = props.data, kind = props.kind, text = words().bpText;
    var shown = has(row.score);
    var fact = function (key, name, value) {
      return make("span", { key: key, className: "bp-told bp-told-" + key },
        make("small", null, name), value);
    };
    var facts = shown ? [
      fact("score", props.heads.score, make("b", null, text(row.score, kind))),
      fact("interval", props.heads.interval, text(row.low, kind) + "\u202f\u2026\u202f" + text(row.high, kind)),
      !has(row.adjusted) ? null
        : fact("adjusted", props.heads.adjusted, adjusted(row, kind)),
      fact("n", props.heads.n, words().bpCount({ value: row.n })),
      !has(row.change) ? null : fact("change", props.heads.change, change(row, props))
    ] : [fact("n", props.heads.n, words().bpCount({ value: row.n }))];
    return make("div", { className: "bp-league-card" },
      make("div", { className: "bp-card-line" }, bracket(row, props.tied), rank(row),
        band(row, props.names), row.why ? link(row.why, "bp-why", props.words) : null),
      make("div", { className: "bp-card-line" }, link(row.href, "bp-card-name", row.unit_name),
        badge(row, props.badge, props.badgeLong)),
      interval(row, props),
      make("div", { className: "bp-card-facts" }, facts));
  };
})();
