//! A Mods folder for a test: mods from text, sheets drawn so that every cell tells where it lies.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use image::{Rgba, RgbaImage};
use mods::{Card, Interpreter, Library, Options};
use tempfile::TempDir;

/// The main file's first line in most cases: a sheet of four by three cells.
pub(crate) const SHEET: &str = "SMODS.Atlas { key = 'roses', path = 'roses.png', px = 71, py = 95 }\n";

pub(crate) struct Garden {
    folder: TempDir,
    pub(crate) options: Options,
}

impl Garden {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("Mods")).unwrap();
        Self { folder, options: Options::default() }
    }

    /// One mod, `Garden`, with a sheet and these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let garden = Self::new();
        garden.metadata("Garden", "gd");
        garden.sheet("Garden/assets/2x/roses.png", [4, 3], [142, 190]);
        for (path, text) in files {
            garden.file(&format!("Garden/{path}"), text);
        }
        garden
    }

    pub(crate) fn mods(&self) -> PathBuf {
        self.folder.path().join("Mods")
    }

    /// A place beside the mods.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.mods().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn metadata(&self, id: &str, prefix: &str) {
        let text = format!(
            r#"{{"id": "{id}", "name": "{id}", "prefix": "{prefix}", "main_file": "main.lua", "version": "1.0",
                "author": ["us"], "description": "flowers"}}"#
        );
        self.file(&format!("{id}/{id}.json"), text);
    }

    pub(crate) fn sheet(&self, path: &str, grid: [u32; 2], cell: [u32; 2]) {
        self.file(path, drawn(grid, cell));
    }

    /// All of the folder's mod as a zip beside it, which goes.
    pub(crate) fn zip(&self, name: &str) {
        let mut writer =
            zip::ZipWriter::new(fs::File::create(self.mods().join(format!("{name}.zip"))).unwrap());
        let mut folders = vec![self.mods().join(name)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let inside = path.strip_prefix(self.mods()).unwrap().to_str().unwrap().to_owned();
                writer.start_file(inside, zip::write::SimpleFileOptions::default()).unwrap();
                writer.write_all(&fs::read(path).unwrap()).unwrap();
            }
        }
        writer.finish().unwrap();
        fs::remove_dir_all(self.mods().join(name)).unwrap();
    }

    pub(crate) fn read(&self, interpreter: Interpreter) -> Library {
        mods::read(&self.mods(), &Options { interpreter, ..self.options.clone() }).unwrap()
    }

    pub(crate) fn parsed(&self) -> Library {
        self.read(Interpreter::Off)
    }

    /// Also where parsing leaves nothing open.
    pub(crate) fn run(&self) -> Library {
        self.read(Interpreter::Always(env!("CARGO_BIN_EXE_mods-sandbox").into()))
    }
}

/// The program of this crate that runs mods.
pub(crate) fn interpreter() -> Interpreter {
    Interpreter::Program(env!("CARGO_BIN_EXE_mods-sandbox").into())
}

/// A sheet as PNG: the colour of a cell says its column and row.
fn drawn([columns, rows]: [u32; 2], [width, height]: [u32; 2]) -> Vec<u8> {
    let colour = |x: u32, y: u32| {
        let at = |place: u32| u8::try_from(place * 20 + 10).unwrap();
        Rgba([at(x / width), at(y / height), 99, 255])
    };
    let sheet = RgbaImage::from_fn(columns * width, rows * height, colour);
    let mut bytes = Vec::new();
    sheet.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

/// Which cell an image was cut from, if it was cut from one alone.
pub(crate) fn cell_of(picture: &RgbaImage) -> Option<[u8; 2]> {
    let first = *picture.get_pixel(0, 0);
    picture.pixels().all(|it| *it == first).then(|| [(first[0] - 10) / 20, (first[1] - 10) / 20])
}

/// A card in words: key, name, cell, layers.
pub(crate) fn told(library: &Library, card: &Card) -> String {
    let mut sheets = mods::sheets(library, &card.sprite.package).unwrap();
    let sprite = sheets.sprite(card).unwrap();
    let mut words = format!("{} {:?}", card.key, card.name.as_deref().unwrap_or("-"));
    for picture in std::iter::once(&sprite.image).chain(&sprite.layers) {
        let [x, y] = cell_of(picture).unwrap_or_else(|| panic!("{words}: a sprite over several cells"));
        words += &format!(" {x},{y}");
    }
    words
}

/// All cards in words, in order.
pub(crate) fn cards(library: &Library) -> Vec<String> {
    let mut all: Vec<String> = library.cards().map(|(_, card)| told(library, card)).collect();
    all.sort();
    all
}
