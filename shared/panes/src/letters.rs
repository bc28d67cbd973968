//! Fonts of the system, for letters that no font of the window has.

use std::sync::{Arc, Mutex, PoisonError};

use egui::FontData;
use egui::epaint::text::{FallbackRequest, FontInsert, FontProvider};
use lens_core::font::SystemFonts;

/// Names of cards and mods can be in any script: what no other font has is drawn with one of the
/// system's, Chinese characters in the forms that the reader's language has. They are looked
/// through when such a letter is first shown.
pub fn fonts_of_system() -> Arc<dyn FontProvider> {
    let system = Mutex::new(SystemFonts::default());
    let find = move |request: &FallbackRequest<'_>| {
        let letter = request.cluster.chars().next()?;
        let mut system = system.lock().unwrap_or_else(PoisonError::into_inner);
        let font = system.having(&[letter]).into_iter().next()?;
        let mut data = FontData::from_owned(font.data);
        data.index = font.index;
        // Where it stands among those of a family is of no account: it comes last.
        Some(FontInsert { name: font.name, data, families: Vec::new() })
    };
    Arc::new(find)
}
