//! Models whose metadata somebody damaged: refused with a reason, or used, but no panic.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;
mod toy;

use lens_core::manifest::METADATA_KEY;
use mutation::{Chance, fuzz};
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

/// The metadata is damaged in place: its length is told elsewhere in the file, and ONNX Runtime's
/// own parser is not what is tested.
#[test]
fn onnx_metadata() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let manifest = toy::manifest();
    let good = toy::networks(&manifest);
    let file = "identifier.onnx";
    let bytes = &good[file];
    let key = METADATA_KEY.as_bytes();
    let start =
        bytes.windows(key.len()).position(|it| it == key).expect("the metadata is inside") + key.len();
    let end = start + bytes[start..].iter().rposition(|byte| *byte == b'}').expect("it is JSON") + 1;
    let begin = start + bytes[start..end].iter().position(|byte| *byte == b'{').expect("it is JSON");
    let folder = tempfile::tempdir().unwrap();
    let options = Options { threads: 1, ..Options::default() };
    let (mut refused, mut used) = (0, 0);
    fuzz("onnx-metadata", &[bytes[begin..end].to_vec()], |damaged| {
        let mut files = good.clone();
        let inside = &mut files.get_mut(file).expect("it is there")[begin..end];
        let common = inside.len().min(damaged.len());
        inside[..common].copy_from_slice(&damaged[..common]);
        // Strings in the file are UTF-8; what is not is another test's business.
        inside.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        let mut chance = Chance(damaged.len() as u64);
        inside[common..].iter_mut().for_each(|byte| *byte = b' ' + chance.below(90) as u8);
        toy::write(folder.path(), &manifest, &files);
        match Recogniser::open_with(folder.path(), toy::catalogue(), &options) {
            Ok(_) => used += 1,
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains(file), "the file is named: {error}");
            }
        }
    });
    assert!(used > 0 && refused > 0, "{used} used, {refused} refused");
}
