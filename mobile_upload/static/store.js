// The phone's own database. Everything that must not be lost lies here and nowhere else, and every write is strict:
// it resolves when the bytes are on the disk, so nothing is ever called saved before it is.
//
//   meta      key -> value: the session last seen, the day, each account's device, the head of each device's chain
//   records   record_id -> what was signed, with its state
//   captures  capture_id -> what is known of a picture, video or signature, with its state
//   blobs     capture_id -> its bytes, apart so that lists never read megabytes
//   drafts    visit -> a visit that was begun and is not closed

const NAME = "songda-field";
// A new version only ever adds stores or indexes: an update of the page must never touch what has not been sent.
const VERSION = 1;
const STORES = { meta: null, records: "record_id", captures: "capture_id", blobs: null, drafts: "visit" };

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const present = request.result.objectStoreNames;
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!present.contains(name)) request.result.createObjectStore(name, keyPath ? { keyPath } : undefined);
      }
    };
    request.onsuccess = () => {
      // Another tab with a newer page wants to upgrade: let it, and open again when next asked.
      request.result.onversionchange = () => { request.result.close(); opened = null; };
      request.result.onclose = () => { opened = null; };
      resolve(request.result);
    };
    request.onerror = () => { opened = null; reject(request.error); };
    request.onblocked = () => reject(new DOMException("another tab holds an older version", "BlockedError"));
  });
  return opened;
}

/**
 * One strict transaction. `work(stores)` issues its requests at once and may return a request or an array of them; the
 * promise gives their results only when the transaction is complete, and rejects when it is not.
 */
async function transact(names, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    let given;
    transaction.oncomplete = () => resolve(Array.isArray(given) ? given.map((one) => one.result) : given?.result);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    try {
      given = work(stores, transaction);
    } catch (error) {
      transaction.abort();
      reject(error);
    }
  });
}

export const read = (names, work) => transact([names].flat(), "readonly", work);
export const write = (names, work) => transact([names].flat(), "readwrite", work);

export const get = (store, key) => read(store, (of) => of[store].get(key));
export const all = (store) => read(store, (of) => of[store].getAll());
export const put = (store, value, key) => write(store, (of) => of[store].put(value, key));
export const remove = (store, key) => write(store, (of) => of[store].delete(key));

/** Change one entry in place: read and written in the same transaction. `change` returns the new value, or null to leave it. */
export const amend = (store, key, change) => write(store, (of) => {
  const request = of[store].get(key);
  request.onsuccess = () => {
    const next = request.result === undefined ? null : change(request.result);
    if (next !== null) of[store].put(next);
  };
});

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("songda-field") : null;
const listeners = new Set();
if (channel) channel.onmessage = (event) => listeners.forEach((one) => one(event.data));

/** Tell this tab, the other tabs and the worker that something of this kind changed. */
export function announce(what) {
  listeners.forEach((one) => one(what));
  channel?.postMessage(what);
}

export function onChange(listener) {
  listeners.add(listener);
}

/** Bytes left for this page, or null where the browser does not say. */
export async function bytesLeft() {
  const found = await navigator.storage?.estimate?.();
  return found?.quota === undefined ? null : Math.max(0, found.quota - (found.usage ?? 0));
}

/** Ask the browser not to clear this page's data when the phone runs short. It may say no. */
export const keepForGood = async () => (await navigator.storage?.persist?.().catch(() => false)) ?? false;
