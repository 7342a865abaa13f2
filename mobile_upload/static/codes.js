// Reads codes from the camera's picture. The reader is a megabyte of WebAssembly, so it is fetched only when a camera
// opens and never belongs to the first paint. Its tick is a comfort at the door: the server reads the code again.

const FOLDER = new URL("/static/vendor/zxing-wasm-3.1.4/", import.meta.url);
const OPTIONS = { formats: ["QRCode", "Code128", "DataMatrix"], tryHarder: true, tryInvert: false, maxNumberOfSymbols: 4 };
const HALF = 2;

let loading = null;

/** Fetch the reader. Resolves to null where it cannot be had: then there is no tick and nothing else is missing. */
export function loadReader() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = new URL("reader.js", FOLDER);
    script.onload = () => {
      globalThis.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => new URL("zxing_reader.wasm", FOLDER).href } });
      resolve(globalThis.ZXingWASM);
    };
    script.onerror = () => { loading = null; resolve(null); };
    document.head.append(script);
  });
  return loading;
}

async function readPixels(pixels) {
  const reader = await loadReader();
  const found = reader ? await reader.readBarcodes(pixels, OPTIONS).catch(() => []) : [];
  return found.filter((one) => one.isValid && one.text).map((one) => ({ text: one.text, position: one.position }));
}

const canvas = () => document.createElement("canvas");

function drawn(source, width, height, scale) {
  const surface = canvas();
  surface.width = Math.max(1, Math.round(width / scale));
  surface.height = Math.max(1, Math.round(height / scale));
  const pen = surface.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, surface.width, surface.height);
  return pen.getImageData(0, 0, surface.width, surface.height);
}

/** The texts of the codes in the live picture, with how much of its width the first one fills (0 to 1). */
export async function readLive(video) {
  if (!video.videoWidth) return { texts: [], share: 0 };
  const pixels = drawn(video, video.videoWidth, video.videoHeight, video.videoWidth > 1200 ? HALF : 1);
  const found = await readPixels(pixels);
  const at = found[0]?.position;
  const share = at ? Math.hypot(at.topRight.x - at.topLeft.x, at.topRight.y - at.topLeft.y) / pixels.width : 0;
  return { texts: found.map((one) => one.text), share };
}

const SETTLE_MS = 3_000;
const underWay = new Set();

/** Note a reading that a record should wait for; `settled` waits for all of them, but never long. */
export function noteReading(reading) {
  underWay.add(reading);
  reading.finally(() => underWay.delete(reading)).catch(() => undefined);
}

export const settled = () => Promise.race([Promise.allSettled([...underWay]), new Promise((done) => { setTimeout(done, SETTLE_MS); })]);

/** The texts of the codes in a photograph: half size first, the whole only if that shows nothing. */
export async function readPhoto(blob) {
  const picture = await createImageBitmap(blob).catch(() => null);
  if (!picture) return [];
  try {
    for (const scale of [HALF, 1]) {
      const found = await readPixels(drawn(picture, picture.width, picture.height, scale));
      if (found.length > 0) return found.map((one) => one.text);
    }
    return [];
  } finally {
    picture.close();
  }
}
