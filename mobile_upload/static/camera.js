// The camera's stream, its photographs and its short videos. One stream serves a whole visit: some phones ask for leave
// at every opening. What the still camera cannot do, a canvas does.

const VIDEO_BITS_PER_SECOND = 1_500_000;
const AUDIO_BITS_PER_SECOND = 48_000;
export const LONGEST_VIDEO_MS = 40_000;
const STILL_PATIENCE_MS = 4_000;
const KINDS = ["video/mp4;codecs=avc1,mp4a.40.2", "video/webm;codecs=vp8,opus", "video/webm"];

let stream = null;

/** The stream, opened when first asked for. Throws what getUserMedia throws: denied, none there, in use. */
export async function openCamera() {
  if (stream?.active) return stream;
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera", "NotFoundError");
  stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: { ideal: "environment" }, width: { ideal: 4032 }, height: { ideal: 3024 } },
    audio: false,
  });
  return stream;
}

/** Let the camera go; its lamp goes out. */
export function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
}

/** A photograph: {blob, width, height}. */
export async function takePhoto(video) {
  const [track] = stream.getVideoTracks();
  const still = await takeStill(track);
  if (still) return still;
  const surface = document.createElement("canvas");
  surface.width = video.videoWidth;
  surface.height = video.videoHeight;
  surface.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => surface.toBlob(resolve, "image/jpeg", 0.9));
  return { blob, width: surface.width, height: surface.height };
}

async function takeStill(track) {
  if (!("ImageCapture" in globalThis)) return null;
  try {
    const taken = await Promise.race([
      new ImageCapture(track).takePhoto(),
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error("slow")), STILL_PATIENCE_MS)),
    ]);
    const picture = await createImageBitmap(taken);
    const found = { blob: taken, width: picture.width, height: picture.height };
    picture.close();
    // Some phones give thumbnails here, or raw formats: then the canvas is better.
    return taken.type === "image/jpeg" && found.width >= 640 ? found : null;
  } catch {
    return null;
  }
}

/** Begin a short video with sound if allowed; call `stop()` of what comes back for its {blob, width, height}. */
export async function recordVideo(video, onLimit) {
  const sound = await navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => null);
  const tracks = [...stream.getVideoTracks(), ...(sound?.getAudioTracks() ?? [])];
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(new MediaStream(tracks), {
    mimeType, videoBitsPerSecond: VIDEO_BITS_PER_SECOND, audioBitsPerSecond: AUDIO_BITS_PER_SECOND,
  });
  const parts = [];
  recorder.ondataavailable = (event) => event.data.size > 0 && parts.push(event.data);
  const ended = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start(1000);
  const limit = setTimeout(onLimit, LONGEST_VIDEO_MS);
  return {
    async stop() {
      clearTimeout(limit);
      if (recorder.state !== "inactive") recorder.stop();
      await ended;
      sound?.getTracks().forEach((track) => track.stop());
      const blob = new Blob(parts, { type: (recorder.mimeType || mimeType || "video/webm").split(";")[0] });
      return { blob, width: video.videoWidth, height: video.videoHeight };
    },
  };
}
