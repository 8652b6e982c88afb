// Compiles WGSL with Tint, Chrome's compiler, and prints what it refuses.
//
// Usage: node tint.mjs DAWN_NODE FOLDER. DAWN_NODE is the addon of the npm package `webgpu`, and
// FOLDER what the kernel crate's example `translate` writes: a file NAME.wgsl for each shader, and
// permutations.txt with a line for each pipeline: NAME, then CONSTANT=VALUE.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [addon, folder] = process.argv.slice(2).map((path) => resolve(path));
const dawn = createRequire(import.meta.url)(addon);
Object.assign(globalThis, dawn.globals);

function permutations() {
    const lines = readFileSync(join(folder, "permutations.txt"), "utf8").trim().split("\n");
    return lines.map((line) => {
        const [name, ...words] = line.split(" ");
        const constants = words.map((word) => word.split("="));
        return { line, name, constants: constants.map(([key, value]) => [key, Number(value)]) };
    });
}

const has = (name, variant) => name.split("+").includes(variant);

// The shader as browsers get it: naga cannot parse the directive, so the file is without it.
function source(name) {
    const code = readFileSync(join(folder, `${name}.wgsl`), "utf8");
    return has(name, "subgroup") ? `enable subgroups;\n${code}` : code;
}

async function compile(device, name) {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label: name, code: source(name) });
    const { messages } = await module.getCompilationInfo();
    const error = await device.popErrorScope();
    const said = messages.map((m) => `  ${m.type} at ${m.lineNum}:${m.linePos}: ${m.message}`);
    return { module, error, said: said.join("\n") };
}

async function makePipeline(device, module, constants) {
    device.pushErrorScope("validation");
    device.createComputePipeline({
        layout: "auto",
        compute: { module, entryPoint: "main", constants: Object.fromEntries(constants) },
    });
    return device.popErrorScope();
}

// Held for as long as the program runs: Dawn goes when it is collected, and takes the device along.
globalThis.gpu = dawn.create(["backend=null"]);
const adapter = await gpu.requestAdapter();
// Without limits asked for, a device has WebGPU's default ones.
const device = await adapter.requestDevice({ requiredFeatures: ["subgroups"] });
const modules = new Map();
let pipelines = 0;
let refused = 0;
for (const { line, name, constants } of permutations()) {
    if (!modules.has(name)) {
        const compiled = await compile(device, name);
        modules.set(name, compiled);
        if (compiled.error) {
            refused += 1;
            console.log(`${name}.wgsl\n${compiled.said}`);
        }
    }
    const { module, error } = modules.get(name);
    // A wide workgroup is wider than the default limits, and than the null back end has.
    if (error || has(name, "wide")) continue;
    const refusal = await makePipeline(device, module, constants);
    pipelines += 1;
    if (refusal) {
        refused += 1;
        console.log(`${line}\n  ${refusal.message}`);
    }
}
console.log(`Tint: ${modules.size} shaders, ${pipelines} pipelines, ${refused} refused`);
process.exitCode = refused > 0 || pipelines === 0 ? 1 : 0;
device.destroy();
// Node would wait for it.
delete globalThis.gpu;
