// What every table does in the browser: search, choice of columns, the file that is wanted.
(function () {
  "use strict";
  var chosen = new WeakMap();  // grid → the columns that somebody chose

  function grid(name) { return window.dash_ag_grid && window.dash_ag_grid.getApi(name); }
  function nameOf(element) {
    var head = element.closest("[data-grid]");
    return head ? head.getAttribute("data-grid") : null;
  }

  document.addEventListener("input", function (event) {
    var box = event.target.closest(".bp-table-tools .bp-search input");
    var name = box && nameOf(box), api = name && grid(name);
    if (!api) { return; }
    api.setGridOption("quickFilterText", box.value || "");
    window.bpArranged(name);
  });

  document.addEventListener("change", function (event) {
    var list = event.target.closest && event.target.closest(".bp-table-tools .bp-menu");
    if (!list || event.target.type !== "checkbox") { return; }
    var name = nameOf(list), api = grid(name), wanted = {};
    list.querySelectorAll("input[type=checkbox]").forEach(function (one) { wanted[one.value] = one.checked; });
    if (api) { window.bpChoose(api, wanted); }
    window.bpArranged(name);
  });

  // Columns as they were chosen; a narrow table that shows cards keeps them.
  window.bpChoose = function (api, wanted) {
    var all = api.getColumns() || [];
    chosen.set(api, wanted);
    if (all.some(function (one) { return one.getColId() === "card" && one.isVisible(); })) { return; }
    [true, false].forEach(function (shown) {
      api.setColumnsVisible(all.filter(function (one) { return wanted[one.getColId()] === shown; }), shown);
    });
  };

  // Whether a column is shown where there is room for all.
  window.bpShown = function (api, column) {
    var definition = column.getColDef(), context = definition.context || {};
    if (context.card) { return false; }
    var said = (chosen.get(api) || {})[column.getColId()];
    return said === undefined ? !definition.hide : said;
  };

  document.addEventListener("click", function (event) {
    var button = event.target.closest(".bp-take");
    if (!button) { return; }
    var name = button.getAttribute("data-grid"), api = grid(name), rows = [], data = [];
    button.closest("details").removeAttribute("open");
    if (!api) { return; }
    api.forEachNodeAfterFilterAndSort(function (node) { rows.push(node.id); data.push(node.data); });
    var shown = api.getAllDisplayedColumns();
    if (shown.length === 1 && shown[0].getColId() === "card") {
      shown = api.getColumns().filter(function (one) { return window.bpShown(api, one); });
    }
    window.dash_clientside.set_props("table-wanted", { data: {
      grid: name, format: button.getAttribute("data-format"), rows: rows,
      columns: shown.map(function (one) { return one.getColId(); }),
      data: button.getAttribute("data-rows") === "own" ? data : [], at: Date.now()
    } });
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest(".bp-view-act");
    if (!button) { return; }
    window.dash_clientside.set_props("view-act", { data: {
      act: button.getAttribute("data-act"), view: button.getAttribute("data-view"),
      name: button.getAttribute("data-name"), at: Date.now()
    } });
  });

  // A figure as an image that says what it is: on the colour of the card, under its heading.
  document.addEventListener("click", function (event) {
    var button = event.target.closest(".bp-save");
    var figure = button && button.closest(".bp-figure").querySelector(".js-plotly-plot");
    if (!figure || !window.Plotly) { return; }
    var said = headings(button), format = button.getAttribute("data-format"), head = 72;
    var size = { width: Math.max(figure.offsetWidth, 640), height: figure.offsetHeight + head };
    window.Plotly.toImage({ data: figure.data, layout: dressed(figure.layout, said, size, head) },
      { format: format, width: size.width, height: size.height, scale: format === "png" ? 2 : 1 }
    ).then(function (address) {
      var link = document.createElement("a");
      link.href = address;
      link.download = said.slice(0, 2).join("-").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/-$/, "") + "." + format;
      link.click();
    });
  });
  function headings(element) {
    var card = element.closest(".bp-card"), named = card && card.querySelector("h2");
    var page = document.querySelector(".bp-head h1");
    var filters = Array.from(document.querySelectorAll(".bp-filters summary"));
    return [named, page].concat(filters).map(function (one) { return one ? one.textContent.trim() : ""; })
      .filter(function (words, at, all) { return words && all.indexOf(words) === at; });
  }
  function dressed(layout, said, size, head) {
    var look = window.getComputedStyle(document.documentElement);
    var colour = function (name) { return look.getPropertyValue(name).trim(); };
    var margin = Object.assign({ l: 40, r: 8, t: 8, b: 32 }, layout.margin), legend = layout.legend;
    var above = said.length > 1 ? "<br><span style='font-size:13px'>" + said.slice(1).join(" \u00b7 ") + "</span>" : "";
    return Object.assign({}, layout, size, {
      autosize: false,
      paper_bgcolor: colour("--bp-card"),
      margin: { l: margin.l + 16, r: margin.r + 16, t: margin.t + head, b: margin.b + 8 },
      legend: legend && legend.yref === "container" ? Object.assign({}, legend, { y: 1 - head / size.height }) : legend,
      title: {
        text: "<b>" + (said[0] || "") + "</b>" + above, font: { size: 18, color: colour("--bp-ink") },
        x: 24 / size.width, xref: "container", xanchor: "left", y: 1 - 26 / size.height, yref: "container", yanchor: "top"
      }
    });
  }

  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  var orders = {};  // grid and field → the place of each word, as it is read out

  // How tables look; the same object each time, or each change of a table would dress it anew.
  var theme = null;
  functions.bpTheme = function (plain) {
    theme = theme || plain.withParams({
      accentColor: "var(--bp-accent)", backgroundColor: "var(--bp-card)", foregroundColor: "var(--bp-ink)",
      borderColor: "var(--bp-line)", headerBackgroundColor: "var(--bp-card)", headerTextColor: "var(--bp-muted)",
      chromeBackgroundColor: "var(--bp-card)", rowHoverColor: "var(--bp-raised)", oddRowBackgroundColor: "var(--bp-card)",
      fontFamily: "inherit", fontSize: 14, headerFontWeight: 500, wrapperBorder: false,
      headerColumnResizeHandleColor: "transparent", rowHeight: 48, headerHeight: 48, cellHorizontalPadding: 12
    });
    return theme;
  };

  // Other numbers for a league table that stands there. An answer to what one looked at before is
  // left alone; where the table is gone or arranged otherwise, the page is made anew.
  var axes = new WeakMap(), stale = new WeakSet();  // grid → what its intervals are drawn on by now
  window.bpAxis = function (props) { return axes.get(props.api) || props; };
  window.bpOldCells = function (api) { return stale.delete(api); };
  function fillLeague(fill) {
    if (!fill || window.bpWithoutTables(fill.asked.href) !== window.bpWithoutTables(window.location.href)) { return; }
    var name = "league-grid", api = grid(name), set = window.dash_clientside.set_props, again = fill.asked.again;
    if (!api || api.isDestroyed() || (!again && !window.bpIsAsSaid(name))) {
      set("theme", { data: document.documentElement.getAttribute("data-bs-theme") });
      return;
    }
    axes.set(api, fill.axis);
    stale.add(api);
    if (!again) {
      api.paginationGoToFirstPage();
      short(api);
      set("publish-place", { children: null });
    }
    set(name, { rowData: fill.rows });
    set("league-head", { children: fill.head });
    set("league-sets", { children: fill.sets });
  }
  window.dash_clientside = window.dash_clientside || {};
  (window.dash_clientside.bp = window.dash_clientside.bp || {}).fillLeague = fillLeague;

  // As many rows as this screen shows come first, those below it once these stand.
  var FIRST = 10, SIZES = [50, 100, 500], chosenSize = new WeakMap(), following = 0;  // grid → rows of a page
  function onScreen() {
    var above = 400, height = 60;  // pixels of what stands above the table, and of a row
    return Math.min(SIZES[0] - 1, Math.max(FIRST, Math.ceil((window.innerHeight - above) / height)));
  }
  function show(api, rows) {
    api.updateGridOptions({ paginationPageSize: rows, paginationPageSizeSelector: rows < SIZES[0] ? false : SIZES });
  }
  function short(api) {
    var size = api.paginationGetPageSize();
    if (!api.getGridOption("pagination") || size < SIZES[0]) { return; }
    chosenSize.set(api, size);
    show(api, onScreen());
  }
  window.bpWhole = function (api) {
    var size = api.paginationGetPageSize();
    if (!api.getGridOption("pagination") || size >= SIZES[0]) { return; }
    if (size < onScreen()) { show(api, onScreen()); }  // the server knows no screen
    window.clearTimeout(following);
    following = window.setTimeout(function () {
      if (!api.isDestroyed()) { show(api, chosenSize.get(api) || 100); }
    }, 300);
  };
  // Who chooses again does not wait for rows that are no longer wanted.
  window.addEventListener("_dashprivate_pushstate", function () { window.clearTimeout(following); });

  functions.bpReady = function (params) {
    var context = params.api.getGridOption("context") || {}, name = context.name, order = context.order || {};
    Object.keys(order).forEach(function (field) {
      orders[name + " " + field] = new Map(order[field].map(function (word, at) { return [word, at]; }));
    });
    var sorted = params.api.getColumnState().some(function (one) { return one.sort && order[one.colId]; });
    if (sorted) { params.api.refreshClientSideRowModel("sort"); }
    var box = document.getElementById(name + "-search");  // letters may have been typed meanwhile
    if (box && box.value !== (params.api.getGridOption("quickFilterText") || "")) {
      params.api.setGridOption("quickFilterText", box.value);
    }
  };
  // Words by the place that the server gave them; those it did not know by the browser's own rules.
  functions.bpByWords = function (first, second, descending, name, field) {
    var none = [first, second].map(function (one) { return one === null || one === undefined || one === ""; });
    if (none[0] || none[1]) {
      return none[0] && none[1] ? 0 : (none[0] === descending ? -1 : 1);
    }
    var order = orders[name + " " + field];
    if (order && order.has(first) && order.has(second)) { return order.get(first) - order.get(second); }
    var language = document.documentElement.lang === "zh-CN" ? "zh-CN-u-co-pinyin" : "en";
    return String(first).localeCompare(String(second), language, { numeric: true });
  };
})();
