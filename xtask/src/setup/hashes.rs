//! SHA-256 of every file that set-up downloads: what an index says of a file is not trusted.
//!
//! A version that is changed needs its hashes here, as the index tells them
//! (`pip install --dry-run --report - --no-deps PACKAGE==VERSION`); a version that is not in
//! `FILES` is refused.

use anyhow::{Result, bail};

/// Package, version, a part of the file's name that tells the platform, and the hash.
const FILES: [(&str, &str, &str, &str); 18] = [
    ("onnxruntime", "1.31.1", "x86_64", "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f"),
    ("onnxruntime", "1.31.1", "aarch64", "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3"),
    ("onnxruntime", "1.31.1", "arm64", "60b6b69bfe580eab576cacc5d132a0e9cf2a37fcfd18d46dd191042b1d1ed0d7"),
    (
        "onnxruntime",
        "1.31.1",
        "win_amd64",
        "c3d91b5de31e2fc82d71bd65b2b22bddee8b49057a3a36338e9a868e0ea90c05",
    ),
    (
        "onnxruntime",
        "1.31.1",
        "win_arm64",
        "93800007a7023b3ab26ad72e6463d0d57d84ead49a2f6341954d91438e046bc0",
    ),
    (
        "onnxruntime_gpu",
        "1.31.1",
        "x86_64",
        "e26c475fe361b2015f45b4b824bd13f0bb20204e59b62814e6f0acd5f3d491a6",
    ),
    (
        "onnxruntime_gpu",
        "1.31.1",
        "win_amd64",
        "fd98341ba71c093153f0dcfc53eb69d57f706866fb45e94e5b0cde5d97a50dbf",
    ),
    (
        "onnxruntime_directml",
        "1.24.4",
        "win_amd64",
        "96642a787e5a6f33bf043521c0f06eb1eb663f6b830e5862a2026d03f9c90543",
    ),
    (
        "onnxruntime_openvino",
        "1.24.1",
        "x86_64",
        "3007c803634cc69c6d52af1dea7ce729d9bb62b9a11070fd2f959119199007a8",
    ),
    (
        "onnxruntime_webgpu",
        "1.27.0",
        "x86_64",
        "142eb8bdb803c58117bf64164d201f43180bc87229cac14b590aa4ea79e0f70b",
    ),
    (
        "onnxruntime_webgpu",
        "1.27.0",
        "arm64",
        "f39aec2f3e252dd445759065e1a7cd11f910fc87ce5de6e2edb1846ef7020034",
    ),
    (
        "onnxruntime_webgpu",
        "1.27.0",
        "win_amd64",
        "c2de23fb6bb775f86d2eef57e3cac6f885d16289a84e6232d2e78803f84f38c5",
    ),
    ("torch", "2.13.0", "x86_64", "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7"),
    ("torch", "2.13.0", "aarch64", "092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c"),
    ("torch", "2.13.0", "arm64", "e76f9bcecc52b8ff711239a2f7547d5353df95878ab232f0773c1d95928b92f8"),
    ("torch", "2.13.0", "win_amd64", "a0d8b11f16a48d60e2015d8213aa0390744cbebb98e58b62b3514dddc656e330"),
    (
        "nvidia_cuda_runtime",
        "13.0.96",
        "x86_64",
        "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
    ),
    (
        "nvidia_cuda_cupti",
        "13.0.85",
        "x86_64",
        "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
    ),
];

/// The hash of a wheel, by its file's name.
pub(super) fn of(file_name: &str) -> Result<&'static str> {
    let mut parts = file_name.split('-');
    let (name, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let platform = parts.next_back().unwrap_or_default();
    let fits = |(package, of, system, _): &&(&str, &str, &str, &str)| {
        // `win_arm64` ends as `arm64` does: the longest name that fits is the one.
        *package == name && *of == version && platform.contains(system)
    };
    match FILES.iter().filter(fits).max_by_key(|(_, _, system, _)| system.len()) {
        Some((_, _, _, hash)) => Ok(hash),
        None => bail!(
            "no hash is known of {file_name}, so it is not used\nhelp: xtask/src/setup/hashes.rs lists the files that \
             are; set ORT_DYLIB_PATH or LIBTORCH to use your own"
        ),
    }
}

/// Whether any file of a package's version has a hash here.
#[cfg(test)]
pub(super) fn has(package: &str, version: &str) -> bool {
    let name = package.replace('-', "_");
    FILES.iter().any(|(of, known, ..)| *of == name && *known == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_a_hash_of_its_own() {
        let check = |file: &str, start: &str| assert!(of(file).unwrap().starts_with(start), "{file}");
        check("onnxruntime-1.31.1-cp311-cp311-manylinux_2_28_x86_64.whl", "5752");
        check("onnxruntime-1.31.1-cp311-cp311-manylinux_2_28_aarch64.whl", "da05");
        check("onnxruntime-1.31.1-cp311-cp311-macosx_14_0_arm64.whl", "60b6");
        check("onnxruntime-1.31.1-cp311-cp311-win_arm64.whl", "9380");
        check("nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", "7f82");
        for file in ["onnxruntime-1.31.2-cp311-cp311-win_amd64.whl", "evil-1.0-py3-none-any.whl", "x", ""] {
            assert!(of(file).unwrap_err().to_string().contains("no hash is known"), "{file}");
        }
        let mut hashes: Vec<&str> = FILES.iter().map(|it| it.3).collect();
        assert!(hashes.iter().all(|it| it.len() == 64 && it.bytes().all(|byte| byte.is_ascii_hexdigit())));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), FILES.len());
    }
}
