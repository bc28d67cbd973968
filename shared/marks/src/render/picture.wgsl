// A picture that fills the target.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var smooth_sampler: sampler;

struct Varyings { @builtin(position) position: vec4<f32>, @location(0) uv: vec2<f32> };

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Varyings {
    let uv = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    var out: Varyings;
    out.position = vec4<f32>(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.0, 1.0);
    out.uv = uv;
    return out;
}

@fragment
fn fragment(in: Varyings) -> @location(0) vec4<f32> {
    return vec4<f32>(textureSample(picture, smooth_sampler, in.uv).rgb, 1.0);
}
