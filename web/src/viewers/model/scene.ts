// SPDX-License-Identifier: MIT
// A Model as a three.js scene.
import {
	AxesHelper, Box3, BufferAttribute, BufferGeometry, Color, DoubleSide, FrontSide, GridHelper, Group, LineBasicMaterial, LineSegments, type Material as ThreeMaterial,
	Matrix4, Mesh, MeshStandardMaterial, type Object3D, Points, PointsMaterial, SRGBColorSpace, Texture as ThreeTexture, Vector3,
} from "three";
import type { Model, Part } from "./mesh";

export interface Palette {
	ground: Color;
	surface: Color;
	line: Color;
	dark: boolean;
}

export interface Built {
	/** Everything, with Y up and its middle at the origin. */
	root: Group;
	size: Vector3;
	radius: number;
	materials: ThreeMaterial[];
	/** Those that take their colour from the theme. */
	themed: (MeshStandardMaterial | LineBasicMaterial | PointsMaterial)[];
}

function geometryOf(part: Part, smooth: boolean): BufferGeometry {
	const g = new BufferGeometry();
	g.setAttribute("position", new BufferAttribute(part.positions, 3));
	if (part.indices) g.setIndex(new BufferAttribute(part.indices, 1));
	if (part.colors) g.setAttribute("color", new BufferAttribute(part.colors, 3));
	if (part.uvs) g.setAttribute("uv", new BufferAttribute(part.uvs, 2));
	if (part.normals) g.setAttribute("normal", new BufferAttribute(part.normals, 3));
	else if (smooth && part.kind === "triangles") g.computeVertexNormals();
	return g;
}

function materialOf(part: Part, smooth: boolean, built: Built, redraw: () => void): ThreeMaterial {
	const vertexColors = part.colors !== undefined;
	const own = part.material;
	if (part.kind !== "triangles") {
		const material = part.kind === "points" ? new PointsMaterial({ size: 3, sizeAttenuation: false, vertexColors }) : new LineBasicMaterial({ vertexColors });
		if (!vertexColors) built.themed.push(material);
		return material;
	}
	const material = new MeshStandardMaterial({
		vertexColors,
		flatShading: !part.normals && !smooth,
		side: own && !own.doubleSided ? FrontSide : DoubleSide,
		metalness: own ? Math.min(own.metallic, 0.6) : 0.05,
		roughness: own ? own.roughness : 0.65,
		polygonOffset: true,
		polygonOffsetFactor: 1,
		polygonOffsetUnits: 1,
	});
	if (own) {
		material.color.setRGB(own.color[0], own.color[1], own.color[2]);
		if (own.color[3] < 1) {
			material.transparent = true;
			material.opacity = own.color[3];
		}
		if (own.texture) void texture(own.texture.bytes, own.texture.type, material, redraw);
	} else if (!vertexColors) built.themed.push(material);
	return material;
}

async function texture(bytes: Uint8Array, type: string, material: MeshStandardMaterial, redraw: () => void): Promise<void> {
	try {
		const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
		const map = new ThreeTexture(bitmap);
		map.colorSpace = SRGBColorSpace;
		map.flipY = false;
		map.needsUpdate = true;
		material.map = map;
		material.needsUpdate = true;
		redraw();
	} catch {
		// A picture that cannot be decoded leaves the base colour.
	}
}

export function build(model: Model, up: "y" | "z", redraw: () => void): Built {
	const content = new Group();
	const built: Built = { root: new Group(), size: new Vector3(), radius: 1, materials: [], themed: [] };
	for (const part of model.parts) {
		const material = materialOf(part, model.smooth, built, redraw);
		built.materials.push(material);
		const geometry = geometryOf(part, model.smooth);
		const object: Object3D = part.kind === "triangles" ? new Mesh(geometry, material) : part.kind === "lines" ? new LineSegments(geometry, material) : new Points(geometry, material);
		if (part.matrix) object.applyMatrix4(new Matrix4().fromArray(part.matrix));
		object.frustumCulled = false;
		content.add(object);
	}
	if (up === "z") content.rotation.x = -Math.PI / 2;
	content.updateMatrixWorld(true);
	const box = new Box3().setFromObject(content);
	if (box.isEmpty()) box.set(new Vector3(-1, -1, -1), new Vector3(1, 1, 1));
	box.getSize(built.size);
	built.radius = Math.max(built.size.length() / 2, 1e-6);
	const middle = box.getCenter(new Vector3());
	built.root.position.copy(middle).negate();
	built.root.add(content);
	return built;
}

/** Lines on the floor, a round number of units apart, and the three axes. */
export function helpers(built: Built, up: "y" | "z", palette: Palette): { grid: Object3D; axes: Object3D; step: number } {
	const span = Math.max(built.size.x, built.size.z, built.radius * 0.5) * 1.4;
	const raw = span / 10;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
	const cells = Math.min(200, 2 * Math.ceil(span / step / 2));
	const grid = new GridHelper(cells * step, cells, palette.line, palette.line);
	grid.position.y = -built.size.y / 2 - built.radius * 0.002;
	const material = grid.material as LineBasicMaterial;
	material.transparent = true;
	material.opacity = 0.55;
	const axes = new AxesHelper(built.radius * 0.6);
	axes.setColors(new Color(0xd24b45), new Color(0x4c9a4c), new Color(0x4c74d2));
	const holder = new Group();
	holder.position.copy(built.root.position);
	if (up === "z") axes.rotation.x = -Math.PI / 2;
	(axes.material as LineBasicMaterial).depthTest = false;
	holder.add(axes);
	return { grid, axes: holder, step };
}

export function free(root: Object3D): void {
	root.traverse((object) => {
		const o = object as Partial<Mesh>;
		o.geometry?.dispose();
		for (const material of o.material ? [o.material].flat() : []) {
			const map = (material as MeshStandardMaterial).map;
			if (map) {
				(map.image as ImageBitmap | undefined)?.close?.();
				map.dispose();
			}
			material.dispose();
		}
	});
}
