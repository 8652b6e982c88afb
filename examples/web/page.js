// A dropped file goes to the GPU of this machine; its kept rows are shown.
import init, { Page } from "./pkg/gstds_web.js";

const at = (id) => document.getElementById(id);
let page;
let file;

function say(message, failed = false) {
  at("message").textContent = message;
  at("message").classList.toggle("failed", failed);
}

function plot({ scores, kept, rows }) {
  const { width, height } = at("plot");
  const context = at("plot").getContext("2d");
  const largest = scores.reduce((most, score) => Math.max(most, Math.abs(score)), 1e-30);
  const dot = (row, size) => {
    const x = ((row + 0.5) / rows) * width;
    const y = (0.5 - 0.45 * (scores[row] / largest)) * height;
    context.fillRect(x - size / 2, y - size / 2, size, size);
  };
  context.clearRect(0, 0, width, height);
  context.fillStyle = "#bbb";
  scores.forEach((_, row) => dot(row, 2));
  context.fillStyle = "#06c";
  kept.forEach((row) => dot(row, 4));
}

async function select() {
  if (!page || !file) return;
  say(`Selecting in ${file.name}…`);
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const start = performance.now();
    const ratio = Number(at("ratio").value);
    const found = await page.select(bytes, ratio, at("rule").value, at("laplacian").value);
    const time = (performance.now() - start).toFixed(0);
    say(
      `${found.kept.length} of ${found.rows} rows with ${found.features} features kept in ${time} ms, ` +
        `compilation included: path ${found.path}, λ2 ${found.lambda2.toPrecision(4)}, ` +
        `residual ${found.residual.toExponential(1)}, flags ${found.flags}`,
    );
    at("kept").value = Array.from(found.kept).join(" ");
    plot(found);
    at("kept").hidden = at("plot").hidden = false;
  } catch (error) {
    say(error.message, true);
  }
}

function take(files) {
  if (files.length === 0) return;
  file = files[0];
  select();
}

at("settings").addEventListener("submit", (event) => event.preventDefault());
at("settings").addEventListener("change", select);
at("file").addEventListener("change", () => take(at("file").files));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") take(event.dataTransfer.files);
  });
}

try {
  await init();
  page = await Page.open();
  say("Ready.");
  await select();
} catch (error) {
  say(error.message, true);
}
