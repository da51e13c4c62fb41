// Light or dark before the first paint; the choice is kept in this browser and in a cookie that
// tells the server which colours figures take.
(function () {
  "use strict";
  function wanted() {
    var kept = null;
    try { kept = window.localStorage.getItem("bp_theme"); } catch (error) { kept = null; }
    if (kept === "light" || kept === "dark") { return kept; }
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  function show(theme) {
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.cookie = "bp_theme=" + theme + "; path=/app; max-age=31536000; samesite=lax";
    return theme;
  }
  show(wanted());

  // Without a session every answer is 401: the way back leads over the log-in page.
  var ask = window.fetch;
  window.fetch = function () {
    return ask.apply(this, arguments).then(function (answer) {
      if (answer.status === 401 && answer.url.indexOf("/app/_dash") >= 0) {
        var here = window.location.pathname + window.location.search;
        window.location.assign("/login?next=" + encodeURIComponent(here));
      }
      return answer;
    });
  };

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

  // A letter's frame is as high as the letter.
  document.addEventListener("load", function (event) {
    if (event.target.classList && event.target.classList.contains("bp-letter")) {
      event.target.style.height = event.target.contentDocument.documentElement.scrollHeight + "px";
    }
  }, true);

  // Where one is stays in sight, however narrow the screen.
  function showWhere() {
    document.querySelectorAll(".bp-nav a.active, .bp-tabs a.active").forEach(function (entry) {
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
      return show(next);
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
