// What the modules of the rule builder draw with: Preact and htm, pinned, without a build.
import { html, render, createContext, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/htm-3.1.1/standalone.module.js";

export { html, render, createContext, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState };

const sprite = () => document.querySelector("use")?.getAttribute("href").split("#")[0];

/** An icon of the sprite, as decoration. */
export const icon = (name) => html`<svg class="icon" aria-hidden="true"><use href=${`${sprite()}#i-${name}`}></use></svg>`;

/** The store of the builder that a component stands in. */
export const Builder = createContext(null);

/** `text` with `%(name)s` places filled from `values`. */
export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");

let made = 0;
/** An id that no other element of the page has, the same at every drawing. */
export const useId = () => useMemo(() => `ru-${(made += 1)}`, []);
