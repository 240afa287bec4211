// A page whose connection was closed loads itself anew, as soon as its server answers again.
(function () {
  function reload() {
    fetch(window.location.href, { cache: "no-store" }).then(
      function (answer) { if (answer.ok) window.location.reload(); else setTimeout(reload, 1000); },
      function () { setTimeout(reload, 1000); }
    );
  }
  const wait = setInterval(function () {
    if (!window.trame || !window.trame.client) return;
    clearInterval(wait);
    window.trame.client.onConnectionClose(reload);
  }, 100);
})();
