// The page's worker: it keeps one version of the page whole on the phone, answers from it without signal, and sends when
// the browser wakes it. VERSION, SHELL and LATER are written above by the server. Data never passes through here: the
// queue lies in the database, and requests to the server go straight on.

const CACHE = `songda-field-${VERSION}`;
const PAGE = "/field/";

self.addEventListener("install", (event) => {
  // Files of a version never change: a browser that can takes them from the cache without asking us one by one.
  event.addRoutes?.({ condition: { urlPattern: new URLPattern({ pathname: `${PAGE}app/${VERSION}/*` }) }, source: { cacheName: CACHE } })
    .catch(() => undefined);
  event.waitUntil(fill(SHELL));
});

async function fill(files) {
  const cache = await caches.open(CACHE);
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload", credentials: "same-origin" })));
}

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("songda-field-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
    await fillLater();
  })());
});

// The code reader is a megabyte: it comes after everything else, and without it there is only no tick. Where the line
// broke before it came, it is asked for again with each day.
async function fillLater() {
  const cache = await caches.open(CACHE);
  const had = await Promise.all(LATER.map((file) => cache.match(file)));
  await fill(LATER.filter((_file, index) => !had[index])).catch(() => undefined);
}

self.addEventListener("message", (event) => {
  if (event.data === "take_over") self.skipWaiting();
  if (event.data === "fill") event.waitUntil(fillLater());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(`${PAGE}app/`) || SHELL.includes(url.pathname) || LATER.includes(url.pathname)) event.respondWith(kept(request));
  else if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(kept(new Request(PAGE)));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(new Request(PAGE))));
});

async function kept(request) {
  const cache = await caches.open(CACHE);
  const found = (await cache.match(request, { ignoreVary: true })) ?? (await caches.match(request, { ignoreVary: true }));
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && LATER.includes(new URL(request.url).pathname)) await cache.put(request, answer.clone());
  return answer;
}

self.addEventListener("sync", (event) => {
  if (event.tag !== "songda-send") return;
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window" });
    if (open.length > 0) return open.forEach((client) => client.postMessage("send"));
    const ended = await drain();
    // Failing asks the browser to wake us again.
    if (ended === "later") throw new Error("still without signal");
    return undefined;
  })());
});
