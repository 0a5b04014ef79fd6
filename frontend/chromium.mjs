// Unpacks the Chromium of @sparticuz/chromium, for browser tests where the system has none, and
// prints the program and the environment it needs. Linux on x86-64 only.
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("node_modules/@sparticuz/chromium/bin/", import.meta.url));
const folder = fileURLToPath(new URL("node_modules/.chromium/", import.meta.url));

if (!existsSync(folder)) {
  const unfinished = `${folder.slice(0, -1)}.${process.pid}`;
  await mkdir(unfinished);
  process.env.TMPDIR = unfinished; // where the package unpacks to
  const { default: chromium, inflate } = await import("@sparticuz/chromium");
  await Promise.all([chromium.executablePath(), inflate(path.join(bin, "al2023.tar.br"))]);
  // The package's own names folders that only exist where it is meant for.
  await writeFile(
    path.join(unfinished, "fonts.conf"),
    `<fontconfig>
      <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
      <dir>${path.join(folder, "fonts")}</dir>
    </fontconfig>`,
  );
  await rename(unfinished, folder).catch(async (error) => {
    await rm(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error; // another one was faster
  });
}
console.log(
  JSON.stringify({
    executable: path.join(folder, "chromium"),
    environment: {
      FONTCONFIG_FILE: path.join(folder, "fonts.conf"),
      LD_LIBRARY_PATH: path.join(folder, "al2023/lib"),
    },
  }),
);
