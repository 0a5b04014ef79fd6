// Bundles the page's scripts and styles into the folder given, under names with their hash.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const FRONTEND = path.dirname(fileURLToPath(import.meta.url));
const TEMPLATES = path.join(FRONTEND, "../src/logwatcher/web/templates/**/*.html");
const OUTPUT = path.resolve(process.argv[2] ?? path.join(FRONTEND, "../src/logwatcher/web/static/logwatcher"));

const COMMON = {
  absWorkingDir: FRONTEND,
  bundle: true,
  charset: "utf8",
  legalComments: "inline",
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: OUTPUT,
  write: false,
};

process.on("uncaughtException", (error) => {
  if (!error.errors) console.error(error); // esbuild has printed its own
  process.exitCode = 1;
});

// page.js and settings.js are modules; theme.js blocks in <head>, so that the first paint has the right colours.
const script = (entry, format) =>
  esbuild.build({ ...COMMON, entryPoints: [entry], format, target: "es2022" });

// Rules of third-party styles stay only if a template or a bundled script names their classes.
// Our own styles are never purged.
const purge = (content) => ({
  name: "purge",
  setup(build) {
    build.onLoad({ filter: /node_modules\/.*\.css$/ }, async ({ path: file }) => {
      const [result] = await new PurgeCSS().purge({
        content,
        css: [{ raw: await readFile(file, "utf8"), name: file }],
        defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
        dynamicAttributes: ["aria-current", "aria-expanded", "data-bs-core", "data-bs-theme", "open"],
        keyframes: true,
        safelist: { standard: ["dark", "light", "modern"] },
      });
      return { contents: result.css, loader: "css" };
    });
  },
});

const styles = (entry, scripts) => {
  const used = scripts
    .flatMap((result) => Object.keys(result.metafile.inputs))
    .filter((file) => file.startsWith("src/") || file.startsWith("node_modules/bootstrap/"))
    .map((file) => path.join(FRONTEND, file));
  return esbuild.build({
    ...COMMON,
    entryPoints: [entry],
    external: ["data:*"],
    plugins: [purge([TEMPLATES, ...used])],
    target: ["chrome111", "firefox113", "safari16.4"],
  });
};

const save = async ({ outputFiles: [{ path: file, contents }] }) => {
  const { name, ext } = path.parse(file);
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase();
  const hashed = `${name}-${hash}${ext}`;
  await writeFile(path.join(OUTPUT, hashed), contents);
  const size = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
  console.log(`${hashed.padEnd(24)} ${size(contents.length)} ${size(gzipSync(contents).length)} gzipped`);
  return [`${name}${ext}`, hashed];
};

const scripts = await Promise.all([
  script("src/page.js", "esm"),
  script("src/settings.js", "esm"),
  script("src/theme.js", "iife"),
]);
const results = [...scripts, await styles("styles/page.css", scripts)];

await mkdir(OUTPUT, { recursive: true });
const old = await readdir(OUTPUT);
const manifest = Object.fromEntries(await Promise.all(results.map(save)));
await writeFile(path.join(OUTPUT, "manifest.json.new"), JSON.stringify(manifest, null, 2) + "\n");
await rename(path.join(OUTPUT, "manifest.json.new"), path.join(OUTPUT, "manifest.json"));
const kept = new Set(["manifest.json", ...Object.values(manifest)]);
await Promise.all(old.filter((name) => !kept.has(name)).map((name) => rm(path.join(OUTPUT, name))));
