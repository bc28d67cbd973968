//! Writes a data set for another program: images, what [`formats`](super::formats) says of them,
//! and `export.json`, which tells what is there.
//!
//! All of it is written beside its place, and put there when it is whole: a full disk or a kill
//! leaves nothing that looks like a data set. A folder with something in it is never written into,
//! for the classes of two exports have other numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use lens_core::image_file::save_new;
use lens_core::replace::Staging;
use serde_json::{Value, json};

use super::dataset::picture;
use super::formats::{Format, Picture, coco, label_studio, tables, yolo};

/// Says what is in the folder.
pub const FILE_NAME: &str = "export.json";
/// Names of the two parts.
pub const PARTS: [&str; 2] = ["train", "val"];

/// A data set that is being written.
#[derive(Debug)]
pub struct Export {
    staging: Staging,
    out: PathBuf,
    format: Format,
    /// Names without endings that are taken, in lower case: some disks tell no case apart.
    taken: BTreeSet<String>,
    /// Folders of classes, for the format that has some.
    folders: BTreeMap<String, String>,
}

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is something already.
    #[error("{0} is there and not empty\nhelp: give a new folder, or remove that one")]
    Occupied(PathBuf),
    /// Something cannot be written.
    #[error(
        "cannot write {path}: {}\nhelp: {}",
        dataset::disk::reason(source),
        dataset::disk::remedy(source)
    )]
    Write {
        /// The file or folder, where it would be.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An image went or changed meanwhile.
    #[error("cannot use {path}: {reason}")]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Export {
    /// Begins a data set in the folder `out`, which must not be there, or be empty.
    ///
    /// # Errors
    /// When there is something in it, or it cannot be made.
    pub fn begin(out: &Path, format: Format) -> Result<Self, ExportError> {
        let staging = fresh(out)?;
        let (taken, folders) = (BTreeSet::new(), BTreeMap::new());
        Ok(Self { staging, out: out.to_path_buf(), format, taken, folders })
    }

    /// A name that no other image has, also without its ending, by which labels are found.
    pub fn name(&mut self, wanted: &str, ending: &str) -> String {
        let path = Path::new(wanted);
        let stem = path.with_extension("").to_string_lossy().into_owned();
        format!("{}.{ending}", free(&mut self.taken, &stem))
    }

    /// The folder for images of a part, and of a class where the format asks for it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn images(&mut self, part: usize, class: &str) -> Result<PathBuf, ExportError> {
        let folder = match self.format {
            Format::Imagefolder => {
                let folder = match self.folders.get(class) {
                    Some(folder) => folder.clone(),
                    None => {
                        let mut taken: BTreeSet<String> =
                            self.folders.values().map(|it| it.to_lowercase()).collect();
                        let folder = free(&mut taken, class);
                        self.folders.insert(class.to_owned(), folder.clone());
                        folder
                    }
                };
                PathBuf::from(PARTS[part]).join(folder)
            }
            Format::Huggingface => PathBuf::from(PARTS[part]),
            _ => Path::new("images").join(PARTS[part]),
        };
        let path = self.staging.path().join(folder);
        std::fs::create_dir_all(&path).map_err(|source| self.failed(&path, source))?;
        Ok(path)
    }

    /// Copies an image byte for byte, or upright when its file has it turned. Returns its name and
    /// size.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy(
        &mut self,
        from: &Path,
        wanted: &str,
        folder: &Path,
    ) -> Result<(String, [u32; 2]), ExportError> {
        let reason = |reason: String| ExportError::Image { path: from.to_path_buf(), reason };
        let read = picture::read(from).map_err(|fault| reason(fault.to_string()))?;
        let ending = Path::new(wanted).extension().and_then(|it| it.to_str()).unwrap_or("png").to_lowercase();
        let name = self.name(wanted, if read.is_turned { "png" } else { &ending });
        let path = folder.join(&name);
        if read.is_turned {
            // Other tools do not agree on whether they turn it.
            save_new(&read.image, &path).map_err(|source| self.failed(&path, source))?;
        } else {
            std::fs::copy(from, &path).map_err(|source| self.failed(&path, source))?;
        }
        Ok((name, read.image.dimensions().into()))
    }

    /// Writes what is said of the images of both parts, and puts the data set in its place. Returns
    /// how many images each part has.
    ///
    /// # Errors
    /// When it cannot be written; nothing is there of it then.
    pub fn finish(
        self,
        classes: &[String],
        parts: &[Vec<Picture>; 2],
        origin: &Value,
    ) -> Result<[usize; 2], ExportError> {
        let holds_out = !parts[1].is_empty();
        let mut first = 1;
        for (part, pictures) in PARTS.iter().zip(parts).filter(|(_, pictures)| !pictures.is_empty()) {
            match self.format {
                Format::Yolo | Format::YoloObb | Format::YoloPose => {
                    for picture in pictures {
                        let file = Path::new(&picture.file).with_extension("txt");
                        let path = Path::new("labels").join(part).join(file);
                        self.write(&path, &yolo::labels(picture, self.format))?;
                    }
                }
                Format::Coco => {
                    let text = coco::annotations(pictures, classes).to_string();
                    self.write(&Path::new("annotations").join(format!("{part}.json")), &text)?;
                }
                Format::LabelStudio => {
                    let prefix = format!("/data/local-files/?d=images/{part}/");
                    let tasks = label_studio::tasks(pictures, classes, &prefix, first);
                    let text = serde_json::to_string_pretty(&tasks).expect("it has only text keys");
                    self.write(Path::new(&format!("tasks-{part}.json")), &text)?;
                    first += pictures.len();
                }
                Format::Huggingface => {
                    let text: String = pictures.iter().map(|it| tables::metadata(it, classes)).collect();
                    self.write(&Path::new(part).join("metadata.jsonl"), &text)?;
                }
                Format::Imagefolder | Format::Csv => {}
            }
        }
        match self.format {
            Format::Yolo | Format::YoloObb | Format::YoloPose => {
                self.write(Path::new("data.yaml"), &yolo::yaml(classes, self.format, holds_out))?;
            }
            Format::LabelStudio => {
                self.write(Path::new("labelling.xml"), &label_studio::interface(classes))?;
            }
            Format::Csv => {
                let lines = PARTS.iter().zip(parts).flat_map(|(part, pictures)| {
                    pictures.iter().map(|picture| tables::csv(picture, part, classes))
                });
                self.write(Path::new("labels.csv"), &(tables::csv_head() + &lines.collect::<String>()))?;
            }
            _ => {}
        }
        let text =
            serde_json::to_string_pretty(&self.manifest(classes, parts, origin)).expect("only text keys");
        self.write(Path::new(FILE_NAME), &(text + "\n"))?;
        let out = self.out.clone();
        self.staging.publish().map_err(|source| ExportError::Write { path: out, source })?;
        Ok([parts[0].len(), parts[1].len()])
    }

    /// What is there, so that a reader can compare.
    fn manifest(&self, classes: &[String], parts: &[Vec<Picture>; 2], origin: &Value) -> Value {
        let mut told = serde_json::Map::new();
        for (part, pictures) in PARTS.iter().zip(parts) {
            let mut cards: BTreeMap<&str, usize> = BTreeMap::new();
            for (card, _) in pictures.iter().flat_map(Picture::seen) {
                *cards.entry(&classes[card.class]).or_default() += 1;
            }
            let total: usize = cards.values().sum();
            told.insert(
                (*part).to_owned(),
                json!({"images": pictures.len(), "cards": total, "cards_of_class": cards}),
            );
        }
        let mut manifest = json!({
            "format": self.format.name(), "from": origin, "parts": told, "classes": classes,
        });
        if !self.folders.is_empty() {
            manifest["folders"] = json!(self.folders);
        }
        manifest
    }

    fn write(&self, file: &Path, text: &str) -> Result<(), ExportError> {
        let path = self.staging.path().join(file);
        let folder = path.parent().expect("a file of the data set lies in its folder");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|source| self.failed(&path, source))
    }

    fn failed(&self, path: &Path, source: io::Error) -> ExportError {
        let inside = path.strip_prefix(self.staging.path()).unwrap_or(path);
        ExportError::Write { path: self.out.join(inside), source }
    }
}

/// A folder that appears whole, where there is nothing yet or an empty folder; where that is a
/// link, it appears where the link leads.
///
/// # Errors
/// When there is something in it, or it cannot be made.
pub fn fresh(folder: &Path) -> Result<Staging, ExportError> {
    let failed = |source| ExportError::Write { path: folder.to_path_buf(), source };
    // One that leads nowhere has no place either.
    let place = match folder.is_symlink() {
        true => folder.canonicalize().map_err(failed)?,
        false => folder.to_path_buf(),
    };
    let is_free = match std::fs::read_dir(&place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => false,
        Err(error) => return Err(failed(error)),
    };
    match is_free {
        true => Staging::new(&place).map_err(failed),
        false => Err(ExportError::Occupied(folder.to_path_buf())),
    }
}

/// A name that every system takes for one, and that is not taken yet.
fn free(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com1", "lpt1"];
    let plain: String = wanted
        .chars()
        .map(|it| if "/\\:*?\"<>|%".contains(it) || it.is_control() { '_' } else { it })
        .collect();
    let mut plain = plain.trim_matches([' ', '.']).chars().take(100).collect::<String>();
    if plain.is_empty() || RESERVED.contains(&plain.to_lowercase().as_str()) {
        plain.push('_');
    }
    let names = std::iter::once(plain.clone()).chain((2..).map(|number| format!("{plain}-{number}")));
    let mut fresh = names.filter(|name| !taken.contains(&name.to_lowercase()));
    let name = fresh.next().expect("there is always a next number");
    taken.insert(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_whatever_the_disk() {
        let place = tempfile::tempdir().unwrap();
        let mut export = Export::begin(&place.path().join("out"), Format::Imagefolder).unwrap();
        let mut name = |wanted: &str| export.name(wanted, "png");
        assert_eq!(
            [name("shot1.png"), name("shot1.jpg"), name("SHOT1.png")],
            ["shot1.png", "shot1-2.png", "SHOT1-3.png"]
        );
        assert_eq!([name("sub/a.png"), name("sub_a.png")], ["sub_a.png", "sub_a-2.png"]);
        assert_eq!([name("..png"), name("con.png"), name("x\ny?.png")], ["_.png", "con_.png", "x_y_.png"]);
        let mut folder = |class: &str| export.images(0, class).unwrap().file_name().unwrap().to_owned();
        assert_eq!(
            [folder("a/b"), folder("a_b"), folder("a/b"), folder("A_B")],
            ["a_b", "a_b-2", "a_b", "A_B-3"]
        );
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        assert!(Export::begin(place.path(), Format::Yolo).is_ok());
        std::fs::write(place.path().join("data.yaml"), "mine").unwrap();
        assert!(matches!(Export::begin(place.path(), Format::Yolo), Err(ExportError::Occupied(_))));
        assert!(matches!(
            Export::begin(&place.path().join("data.yaml"), Format::Yolo),
            Err(ExportError::Occupied(_))
        ));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_filled_and_the_link_stays() {
        let place = tempfile::tempdir().unwrap();
        let [link, real] = ["link", "real"].map(|name| place.path().join(name));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(matches!(fresh(&link), Err(ExportError::Write { path, .. }) if path == link));
        std::fs::create_dir(&real).unwrap();
        let staging = fresh(&link).unwrap();
        std::fs::write(staging.path().join("a"), "new").unwrap();
        staging.publish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(real.join("a")).unwrap(), "new");
        assert!(matches!(fresh(&link), Err(ExportError::Occupied(path)) if path == link));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        let mut export = Export::begin(&out, Format::Yolo).unwrap();
        let folder = export.images(0, "").unwrap();
        assert!(export.copy(Path::new("no/such.png"), "a.png", &folder).is_err());
        drop(export);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
