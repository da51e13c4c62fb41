// A row of the table about asking as one card, for a phone.
(function () {
  "use strict";
  var cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  var make = function () { return window.React.createElement.apply(null, arguments); };

  // The first size of a grid is told to nobody: it fits itself once its rows are in order.
  (window.dashAgGridFunctions = window.dashAgGridFunctions || {}).bpFitSoon = function (params) {
    window.setTimeout(function () {
      if (!params.api.isDestroyed()) { window.dashAgGridFunctions.bpFit(params); }
    }, 0);
  };

  // A row as its name and a few lines of what else is known of it.
  cells.BpLines = function (props) {
    var row = props.data;
    var known = function (field) {
      return row[field] !== null && row[field] !== undefined && row[field] !== "";
    };
    var lines = props.lines.map(function (fields, place) {
      var words = fields.filter(known).map(function (field) {
        return (props.heads[field] ? props.heads[field] + " " : "") + row[field];
      });
      return words.length ? make("div", { key: place, className: "bp-muted bp-small" },
        words.join(" \u00b7 ")) : null;
    });
    return make("div", { className: "bp-collected" },
      make("div", { className: "bp-card-name" }, cells.BpLink({ data: row, value: row[props.name] })),
      make("div", null, lines));
  };

  cells.BpCollected = function (props) {
    var row = props.data, words = window.dashAgGridFunctions;
    var facts = Object.keys(props.heads).map(function (name) {
      var value = name === "score" ? make("b", null, words.bpText(row.score, "share"))
        : words.bpCount({ value: row[name] || 0 });
      return make("span", { key: name, className: "bp-told" },
        make("small", null, props.heads[name]), value);
    });
    var name = row.href ? cells.BpLink({ data: row, value: row.name }) : row.name;
    return make("div", { className: "bp-collected" },
      make("div", { className: "bp-card-name" }, name),
      props.ranged && row.score !== null ? cells.BpInterval(props) : null,
      make("div", { className: "bp-card-facts" }, facts));
  };
})();
