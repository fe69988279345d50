// SPDX-License-Identifier: MIT
// A model to turn, move and measure. Drawn only when something changed.
import { Color, DirectionalLight, HemisphereLight, PerspectiveCamera, Scene, Spherical, Vector3, WebGLRenderer, type Object3D } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { button, el, message, sizeText, toggle } from "../dom";
import type { OutputFile, Viewer, ViewerContext, ViewerHandle } from "../types";
import { countTriangles, type Model, ModelError } from "./mesh";
import { readModel } from "./read";
import { build, type Built, free, helpers, type Palette } from "./scene";
import "../base.css";
import "./model.css";

const MAX_PIXEL_RATIO = 2;

class ModelView implements ViewerHandle {
	#root: HTMLElement;
	#stage: HTMLElement;
	#facts = el("span", { class: "v-number" });
	#ctx: ViewerContext;
	#upToggle: HTMLButtonElement;
	#renderer: WebGLRenderer | null = null;
	#scene = new Scene();
	#camera = new PerspectiveCamera(35, 1, 0.01, 1000);
	#controls: OrbitControls | null = null;
	#sky = new HemisphereLight(0xffffff, 0x888888, 1.15);
	#sun = new DirectionalLight(0xffffff, 2.6);
	#model: Model | null = null;
	#built: Built | null = null;
	#helpers: Object3D[] = [];
	#up: "y" | "z" | null = null;
	#wireframe = false;
	#grid: boolean;
	#frame = 0;
	#turn = 0;
	#size: ResizeObserver;
	#theme: MutationObserver;
	#media = matchMedia("(prefers-color-scheme: dark)");
	#repaint = (): void => this.#applyTheme();

	constructor(host: HTMLElement, file: OutputFile, ctx: ViewerContext) {
		this.#ctx = ctx;
		this.#grid = ctx.recall?.("model.grid") !== "off";
		this.#stage = el("div", { class: "v-model" });
		this.#upToggle = toggle("Z up", false, (on) => {
			this.#up = on ? "z" : "y";
			this.#rebuild(true);
		});
		const bar = el("div", { class: "v-bar" }, this.#facts, el("span", { class: "v-grow" }),
			toggle("Wireframe", false, (on) => this.#setWireframe(on)),
			toggle("Grid", this.#grid, (on) => this.#setGrid(on)), this.#upToggle,
			button("Fit", () => this.#fit(), { title: "Show all of it (0)" }));
		this.#root = el("div", { class: "v-view" }, bar, this.#stage);
		host.append(this.#root);
		this.#size = new ResizeObserver(() => this.#resize());
		this.#theme = new MutationObserver(this.#repaint);
		this.#theme.observe(document.documentElement, { attributes: true });
		this.#media.addEventListener("change", this.#repaint);
		this.#start(file.name);
		this.#size.observe(this.#stage);
		this.update(file);
	}

	update(file: OutputFile): void {
		const turn = ++this.#turn;
		const sibling = (name: string): Uint8Array | undefined => this.#ctx.sibling?.(name)?.bytes;
		readModel(file, sibling).then(
			(model) => {
				if (turn !== this.#turn) return;
				const first = this.#model === null;
				this.#model = model;
				this.#rebuild(first);
				this.#tell(file);
			},
			(e: unknown) => {
				if (turn !== this.#turn) return;
				if (!(e instanceof ModelError)) throw e;
				this.#model = null;
				this.#clear();
				this.#facts.textContent = sizeText(file.bytes.length);
				this.#show(message("This model cannot be shown.", `${file.name.replace(/^.*\//, "").slice(0, 80)}: ${e.message}.`));
			},
		);
	}

	destroy(): void {
		this.#turn++;
		this.#size.disconnect();
		this.#theme.disconnect();
		this.#media.removeEventListener("change", this.#repaint);
		if (this.#frame) cancelAnimationFrame(this.#frame);
		this.#clear();
		this.#controls?.dispose();
		this.#renderer?.dispose();
		this.#renderer?.forceContextLoss();
		this.#root.remove();
	}

	#start(name: string): void {
		const canvas = el("canvas", { tabindex: 0, role: "img", "aria-label": `Model ${name}. Arrow keys turn it, plus and minus zoom, 0 shows all of it.` });
		try {
			this.#renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "low-power" });
		} catch {
			this.#show(message("This browser has no WebGL, so the model cannot be drawn.", "It can still be downloaded, and its facts are above."));
			return;
		}
		canvas.addEventListener("webglcontextlost", (e) => {
			e.preventDefault();
			this.#show(message("The graphics card was lost.", "Open the output again to draw it anew."));
		});
		canvas.addEventListener("keydown", (e) => this.#key(e));
		this.#controls = new OrbitControls(this.#camera, canvas);
		this.#controls.addEventListener("change", () => this.#redraw());
		this.#camera.add(this.#sun);
		this.#sun.position.set(-0.9, 1.1, 0.5);
		this.#scene.add(this.#camera, this.#sky);
		this.#stage.append(canvas);
	}

	#show(text: HTMLElement): void {
		this.#stage.querySelector(".v-message")?.remove();
		this.#stage.append(text);
	}

	#tell(file: OutputFile): void {
		const model = this.#model!;
		const triangles = countTriangles(model);
		const vertices = model.parts.reduce((n, p) => n + p.positions.length / 3, 0);
		const what = triangles > 0 ? `${triangles.toLocaleString("en")} triangles` : `${vertices.toLocaleString("en")} points`;
		const round = (v: number): string => Number(v.toPrecision(4)).toString();
		const s = this.#built?.size;
		const size = s ? (this.#upAxis() === "z" ? [s.x, s.z, s.y] : [s.x, s.y, s.z]).map(round).join(" × ") : "";
		this.#facts.textContent = [what, size, model.format, sizeText(file.bytes.length), ...model.notes].filter((t) => t !== "").join(" · ");
	}

	#upAxis(): "y" | "z" {
		return this.#up ?? this.#model?.up ?? "y";
	}

	#clear(): void {
		for (const object of [...(this.#built ? [this.#built.root] : []), ...this.#helpers]) {
			free(object);
			this.#scene.remove(object);
		}
		this.#built = null;
		this.#helpers = [];
	}

	#rebuild(fit: boolean): void {
		if (!this.#model) return;
		this.#stage.querySelector(".v-message:not(:only-child)")?.remove();
		const before = this.#built?.radius ?? 0;
		this.#clear();
		this.#built = build(this.#model, this.#upAxis(), () => this.#redraw());
		this.#upToggle.setAttribute("aria-pressed", String(this.#upAxis() === "z"));
		this.#scene.add(this.#built.root);
		this.#setWireframe(this.#wireframe);
		this.#applyTheme();
		// The same view of a model that changed a little; a fresh one when its size did.
		if (fit || Math.abs(this.#built.radius - before) > before * 0.5) this.#fit();
		this.#redraw();
	}

	#fit(): void {
		if (!this.#built || !this.#controls) return;
		const { radius } = this.#built;
		const aspect = this.#camera.aspect;
		const half = (this.#camera.fov * Math.PI) / 360;
		const distance = (radius / Math.sin(Math.min(half, Math.atan(Math.tan(half) * aspect)))) * 1.08;
		this.#camera.position.setFromSpherical(new Spherical(distance, 1.1, 0.65));
		this.#camera.near = radius / 200;
		this.#camera.far = radius * 200;
		this.#camera.updateProjectionMatrix();
		this.#controls.target.set(0, 0, 0);
		this.#controls.minDistance = radius / 50;
		this.#controls.maxDistance = radius * 60;
		this.#controls.update();
		this.#redraw();
	}

	#palette(): Palette {
		const probe = el("span");
		this.#stage.append(probe);
		const color = (name: string): Color => {
			probe.style.color = `var(${name})`;
			const hit = /(\d+)[, ]+(\d+)[, ]+(\d+)/.exec(getComputedStyle(probe).color);
			return new Color().setStyle(hit ? `rgb(${hit[1]},${hit[2]},${hit[3]})` : "gray");
		};
		const palette = { ground: color("--sunken"), surface: color("--accent"), line: color("--line-strong"), dark: false };
		const hsl = { h: 0, s: 0, l: 0 };
		palette.dark = palette.ground.getHSL(hsl).l < 0.5;
		// A quiet tint of the accent, light enough that shading is seen.
		palette.surface.lerp(new Color(palette.dark ? 0xaab4c0 : 0xd3dade), 0.5);
		probe.remove();
		return palette;
	}

	#applyTheme(): void {
		if (!this.#built) return;
		const palette = this.#palette();
		this.#scene.background = palette.ground;
		this.#sky.color.set(palette.dark ? 0xdde6f0 : 0xffffff);
		this.#sky.groundColor.set(palette.dark ? 0x3a4048 : 0xb8b4ac);
		this.#sun.intensity = palette.dark ? 2.1 : 2.9;
		for (const material of this.#built.themed) material.color.copy(palette.surface);
		for (const helper of this.#helpers) {
			free(helper);
			this.#scene.remove(helper);
		}
		const { grid, axes } = helpers(this.#built, this.#upAxis(), palette);
		this.#helpers = [grid, axes];
		for (const helper of this.#helpers) helper.visible = this.#grid;
		this.#scene.add(...this.#helpers);
		this.#redraw();
	}

	#setWireframe(on: boolean): void {
		this.#wireframe = on;
		for (const material of this.#built?.materials ?? []) if ("wireframe" in material) material.wireframe = on;
		this.#redraw();
	}

	#setGrid(on: boolean): void {
		this.#grid = on;
		this.#ctx.remember?.("model.grid", on ? "on" : "off");
		for (const helper of this.#helpers) helper.visible = on;
		this.#redraw();
	}

	#key(e: KeyboardEvent): void {
		if (e.ctrlKey || e.metaKey || e.altKey || !this.#controls) return;
		const by: Record<string, [theta: number, phi: number, zoom: number]> = {
			ArrowLeft: [-0.12, 0, 1], ArrowRight: [0.12, 0, 1], ArrowUp: [0, -0.1, 1], ArrowDown: [0, 0.1, 1], "+": [0, 0, 0.85], "=": [0, 0, 0.85], "-": [0, 0, 1.18],
		};
		const step = by[e.key];
		if (e.key === "0") this.#fit();
		else if (step) {
			const away = new Vector3().subVectors(this.#camera.position, this.#controls.target);
			const s = new Spherical().setFromVector3(away);
			s.theta += step[0];
			s.phi = Math.min(Math.PI - 0.01, Math.max(0.01, s.phi + step[1]));
			s.radius *= step[2];
			this.#camera.position.copy(this.#controls.target).add(away.setFromSpherical(s));
			this.#controls.update();
			this.#redraw();
		} else return;
		e.preventDefault();
	}

	#resize(): void {
		const [w, h] = [this.#stage.clientWidth, this.#stage.clientHeight];
		if (!this.#renderer || w === 0 || h === 0) return;
		this.#renderer.setPixelRatio(Math.min(devicePixelRatio, MAX_PIXEL_RATIO));
		this.#renderer.setSize(w, h, false);
		this.#camera.aspect = w / h;
		this.#camera.updateProjectionMatrix();
		this.#redraw();
	}

	#redraw(): void {
		if (this.#frame || !this.#renderer) return;
		this.#frame = requestAnimationFrame(() => {
			this.#frame = 0;
			this.#renderer!.render(this.#scene, this.#camera);
		});
	}
}

export const model: Viewer = { mount: (host, file, ctx) => new ModelView(host, file, ctx) };
