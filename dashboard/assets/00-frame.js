// What every page does in the browser: menus, letters, where one is, light or dark, its title.
(function () {
  "use strict";

  // A menu closes when one clicks elsewhere or has chosen.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.bp-menu[open]").forEach(function (menu) {
      var chosen = event.target.closest("a") && menu.contains(event.target);
      if (chosen || !menu.contains(event.target)) { menu.removeAttribute("open"); }
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.bp-menu[open]").forEach(function (menu) {
        menu.removeAttribute("open");
      });
    }
  });

  // Own days: Dash would ask the server about the button each time that the filters are drawn.
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#period-apply")) { return; }
    var day = function (name) { return document.getElementById(name).value; };
    window.dash_clientside.set_props("period-wanted", { data: {
      first: day("period-from"), last: day("period-to"), at: Date.now()
    } });
  });

  // A letter's frame is as high as the letter.
  document.addEventListener("load", function (event) {
    if (event.target.classList && event.target.classList.contains("bp-letter")) {
      event.target.style.height = event.target.contentDocument.documentElement.scrollHeight + "px";
    }
  }, true);

  // Where one is stays in sight, however narrow the screen.
  function showWhere() {
    document.querySelectorAll(".bp-nav a.active, .bp-tabs a.active, .bp-heat-ready a.active").forEach(function (entry) {
      var row = entry.parentElement;
      row.scrollLeft = entry.offsetLeft - row.offsetLeft - 16;
    });
  }

  // A file is chosen in a field that the component leaves without a name: the words around it.
  function nameUploads() {
    document.querySelectorAll("input[type=file]:not([aria-label])").forEach(function (field) {
      field.setAttribute("aria-label", field.parentElement.textContent.trim());
    });
  }
  var naming = 0;
  new MutationObserver(function () {
    window.cancelAnimationFrame(naming);
    naming = window.requestAnimationFrame(nameUploads);
  }).observe(document.documentElement, { childList: true, subtree: true });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.bp = Object.assign(window.dash_clientside.bp || {}, {
    toggleTheme: function (clicks) {
      if (!clicks) { return window.dash_clientside.no_update; }
      var now = document.documentElement.getAttribute("data-bs-theme");
      var next = now === "dark" ? "light" : "dark";
      try { window.localStorage.setItem("bp_theme", next); } catch (error) { /* private mode */ }
      return window.bpShowTheme(next);
    },
    nameDocument: function (title) {
      if (title) {
        document.title = title.title;
        document.documentElement.lang = title.language === "zh" ? "zh-CN" : "en";
        window.setTimeout(showWhere, 0);
      }
      return window.dash_clientside.no_update;
    }
  });
})();
