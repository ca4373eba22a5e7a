// Builds /t.js into the package, with a banner that says which sources it was made of.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { build } from "esbuild";

const folder = new URL("./src/", import.meta.url);
const digest = createHash("sha256");
for (const name of readdirSync(folder).sort()) digest.update(readFileSync(new URL(name, folder)));

await build({
  entryPoints: [new URL("main.js", folder).pathname],
  outfile: new URL("../src/trellis/web/public/data/t.js", import.meta.url).pathname,
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: ["es2020"],
  banner: { js: `/*! Trellis t.js, Apache-2.0, ${digest.digest("hex").slice(0, 16)} */` },
});
