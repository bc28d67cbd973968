//! What is seen: sections at the left, the keys of one of them, the preview at the right.

use egui::{
    Button, CentralPanel, ComboBox, DragValue, Id, Margin, Panel, Response, RichText, ScrollArea, Slider, Ui,
    Vec2, vec2,
};
use marks::scene::colour::Colour;
use panes::file_dialog::FileDialog;
use panes::look::{self, FAINT, GROUND, WARNING};
use toml_edit::{Array, Value};

use super::entries::{Entry, Kind, Section};
use super::window::{SettingsWindow, Wish};

/// The window for which sizes are meant, in points: a larger one has larger letters.
const USUAL: Vec2 = vec2(1120.0, 760.0);
/// The smallest that has room for everything in its usual size.
const LEAST: Vec2 = vec2(760.0, 480.0);
/// From where a field stands that is beside its name.
const BESIDE: f32 = 104.0;
/// Letters of a window's title.
const TITLE: usize = 24;
/// Width of the preview at most.
const PREVIEW_WIDTH: f32 = 520.0;

impl SettingsWindow {
    /// Draws a frame and does what was wanted in it.
    pub fn ui(&mut self, ui: &mut Ui) {
        let is_ready = look::dress(ui.ctx());
        let physical = ui.ctx().content_rect().size() * ui.ctx().zoom_factor();
        panes::set_zoom(ui.ctx(), panes::growth(physical, USUAL, LEAST));
        if !is_ready {
            return;
        }
        let mut wishes = self.take_news(ui);
        show(self, ui, &mut wishes);
        for wish in wishes {
            self.grant(wish);
            ui.ctx().request_repaint();
        }
    }
}

impl eframe::App for SettingsWindow {
    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        panes::fit_to_screen(ui.ctx());
        let context = ui.ctx().clone();
        self.ask(|wanted| FileDialog::open(wanted, &*frame, move || context.request_repaint()));
        Self::ui(self, ui);
    }
}

fn show(window: &SettingsWindow, ui: &mut Ui, wishes: &mut Vec<Wish>) {
    let frame = |across: i8, down: i8| egui::Frame::new().inner_margin(Margin::symmetric(across, down));
    Panel::bottom("message").frame(frame(12, 5).fill(GROUND)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(&window.message);
            ui.weak(window.draft.path().display().to_string());
        });
    });
    Panel::left("sections").resizable(false).frame(frame(10, 10).fill(look::PANEL)).show(ui, |ui| {
        for (index, section) in window.sections.iter().enumerate() {
            let is_shown = window.shown == index;
            let name = look::name(title(&section.name)).size(13.5);
            let name = if is_shown { name } else { name.color(FAINT) };
            if ui.selectable_label(is_shown, name).clicked() {
                wishes.push(Wish::Section(index));
            }
        }
        ui.separator();
        windows(window, ui, wishes);
    });
    Panel::right("preview").resizable(false).frame(frame(12, 10).fill(look::PANEL)).show(ui, |ui| {
        panes::heading(ui, "Preview");
        if let Some(preview) = &window.preview {
            let [width, height] = preview.size().map(|side| side as f32);
            let shown = PREVIEW_WIDTH.min(ui.ctx().content_rect().width() * 0.42);
            ui.image((preview.id(), vec2(shown, shown * height / width)));
        } else {
            ui.weak("There is nothing to draw with");
        }
        ui.weak("The practice table, with the marks as they are set");
    });
    CentralPanel::default().frame(frame(16, 10).fill(GROUND)).show(ui, |ui| {
        let Some(section) = window.sections.get(window.shown) else { return };
        panes::heading(ui, &title(&section.name));
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for entry in &section.entries {
                row(window, section, entry, ui, wishes);
            }
            match section.name.as_str() {
                "mods" => {
                    let left_out = window.mods.show(window.draft.settings(), ui);
                    let set = |value| Wish::Set { section: "mods".into(), key: "off".into(), value };
                    wishes.extend(left_out.map(set));
                }
                "api" => window.api.show(ui),
                _ => {}
            }
        });
    });
}

/// `snapshot_pointer` as people read it.
fn title(name: &str) -> String {
    if name == "api" {
        return "API".into();
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn row(window: &SettingsWindow, section: &Section, entry: &Entry, ui: &mut Ui, wishes: &mut Vec<Wish>) {
    let name = |key: &str| (section.name.clone(), key.to_owned());
    // What is small stands beside its name, one below the other.
    let is_small = matches!(entry.kind, Kind::Switch | Kind::Colour);
    ui.add_space(if matches!(entry.kind, Kind::Colour) { 0.0 } else { 8.0 });
    let now = window.draft.value(&section.name, &entry.key);
    let (mut label, mut chosen) = (None, None);
    ui.horizontal_wrapped(|ui| {
        let name_of = ui.label(look::name(title(&entry.key)).size(13.0));
        label = Some(name_of.id);
        if let Some(value) = now.filter(|_| is_small) {
            ui.add_space((BESIDE - name_of.rect.width()).max(0.0));
            chosen = field(window, entry, value, name_of.id, ui, wishes);
        }
        if !window.draft.is_default(&section.name, &entry.key) && ui.small_button("Default").clicked() {
            let (section, key) = name(&entry.key);
            wishes.push(Wish::Reset { section, key });
        }
    });
    if let (Some(value), Some(label), false) = (now, label, is_small) {
        chosen = field(window, entry, value, label, ui, wishes);
    }
    if let Some(value) = chosen {
        let (section, key) = name(&entry.key);
        wishes.push(Wish::Set { section, key, value });
    }
    if (section.name.as_str(), entry.key.as_str()) == ("recognition", "providers") {
        ui.label(&window.hardware);
    }
    if let Some((_, fault)) = window.fault.as_ref().filter(|(key, _)| *key == entry.key) {
        ui.colored_label(WARNING, fault);
    }
    if !entry.help.is_empty() {
        ui.label(RichText::new(&entry.help).weak());
    }
}

/// The field of a key; returns its new value when it was changed.
fn field(
    window: &SettingsWindow,
    entry: &Entry,
    value: &Value,
    label: Id,
    ui: &mut Ui,
    wishes: &mut Vec<Wish>,
) -> Option<Value> {
    match &entry.kind {
        Kind::Switch => {
            let mut is_on = value.as_bool()?;
            ui.checkbox(&mut is_on, "").labelled_by(label).changed().then(|| is_on.into())
        }
        Kind::Number(bounds) => {
            let mut number = value.as_float().or_else(|| Some(value.as_integer()? as f64))?;
            let changed = ui.horizontal(|ui| {
                let slider = Slider::new(&mut number, bounds.clone()).show_value(false);
                let changed = is_changed(ui.add(slider).labelled_by(label));
                let exact = DragValue::new(&mut number).range(bounds.clone()).speed(0.01).max_decimals(2);
                is_changed(ui.add(exact).labelled_by(label)) || changed
            });
            changed.inner.then(|| rounded(number).into())
        }
        Kind::Whole(bounds) => {
            let mut number = value.as_integer().or_else(|| Some(value.as_float()? as i64))?;
            let changed = ui.horizontal(|ui| {
                let slider = Slider::new(&mut number, bounds.clone()).show_value(false);
                let changed = is_changed(ui.add(slider).labelled_by(label));
                let exact = DragValue::new(&mut number).range(bounds.clone());
                is_changed(ui.add(exact).labelled_by(label)) || changed
            });
            changed.inner.then(|| number.into())
        }
        Kind::Choice(all) => {
            let chosen = value.as_str()?;
            let mut next = None;
            let list = ComboBox::from_id_salt(&entry.key).selected_text(said(chosen));
            let shown = list.show_ui(ui, |ui| {
                for choice in all {
                    if ui.selectable_label(choice == chosen, said(choice)).clicked() {
                        next = Some(choice.as_str().into());
                    }
                }
            });
            shown.response.labelled_by(label);
            next
        }
        Kind::Some(all) => {
            let chosen: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
            let mut next = None;
            ui.horizontal_wrapped(|ui| {
                for choice in all {
                    let mut is_in = chosen.contains(&choice.as_str());
                    if ui.checkbox(&mut is_in, choice).changed() {
                        let stays =
                            |it: &&String| if *it == choice { is_in } else { chosen.contains(&it.as_str()) };
                        next = Some(Value::Array(
                            all.iter().filter(stays).map(String::as_str).collect::<Array>(),
                        ));
                    }
                }
            });
            next
        }
        Kind::Text => {
            let before = value.as_str()?;
            let typed = typed(ui, entry, label, before)?;
            (typed != before).then(|| typed.into())
        }
        Kind::Folder => {
            let before = value.as_str()?;
            let line = ui.horizontal(|ui| {
                let typed = typed(ui, entry, label, before);
                if ui.button("Choose\u{2026}").clicked() {
                    wishes.push(Wish::Choose(entry.key.clone()));
                }
                typed
            });
            let typed = line.inner?;
            (typed != before).then(|| typed.into())
        }
        Kind::List => {
            let words: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
            let text = typed(ui, entry, label, &words.join(", "))?;
            let typed: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
            (typed != words).then(|| Value::Array(typed.into_iter().collect::<Array>()))
        }
        Kind::Colour => {
            let colour = Colour::from_hex(value.as_str()?)?;
            let mut bytes =
                [colour.red, colour.green, colour.blue].map(|share| (share * 255.0).round() as u8);
            let picked = ui.color_edit_button_srgb(&mut bytes).labelled_by(label);
            let [red, green, blue] = bytes;
            picked.changed().then(|| format!("#{red:02x}{green:02x}{blue:02x}").into())
        }
        Kind::Chord => {
            let keys = value.as_str()?;
            let is_recorded = window.recording.as_ref() == Some(&entry.key);
            let text = match (is_recorded, keys) {
                (true, _) => "Press the keys … (Escape: as it was, Delete: none)",
                (false, "") => "none",
                (false, keys) => keys,
            };
            // With an edge, by which one sees that it can be clicked on.
            let button = ui.add(Button::new(text).selected(is_recorded));
            if button.on_hover_text("Click, then press the keys").clicked() {
                wishes.push(Wish::Record(entry.key.clone()));
            }
            None
        }
    }
}

/// Whether a number was changed for good: while it is dragged the file is left alone.
#[expect(clippy::needless_pass_by_value, reason = "it is what a widget gives back")]
fn is_changed(field: Response) -> bool {
    field.drag_stopped() || field.changed() && !field.dragged()
}

/// A line of text for a key; returns what is in it once the keyboard leaves it.
fn typed(ui: &mut Ui, entry: &Entry, label: Id, before: &str) -> Option<String> {
    let id = ui.scope_id().with(&entry.key);
    let mut text = ui.data_mut(|data| data.get_temp::<String>(id)).unwrap_or_else(|| before.to_owned());
    let response = ui.text_edit_singleline(&mut text).labelled_by(label);
    if response.lost_focus() {
        ui.data_mut(|data| data.remove::<String>(id));
        return Some(text);
    }
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, text));
    }
    None
}

/// What is written for nothing.
fn said(choice: &str) -> &str {
    if choice.is_empty() { "as usual" } else { choice }
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The windows that the running overlay can follow.
fn windows(window: &SettingsWindow, ui: &mut Ui, wishes: &mut Vec<Wish>) {
    ui.strong("Follow");
    if ui.button("Find the game").clicked() {
        wishes.push(Wish::Follow(None));
    }
    ScrollArea::vertical().id_salt("windows").auto_shrink(false).show(ui, |ui| {
        for other in window.windows.iter().rev().filter(|it| !it.title.is_empty()) {
            let mut title: String = other.title.chars().take(TITLE).collect();
            if other.title.chars().count() > TITLE {
                title.push('\u{2026}');
            }
            if ui.button(title).on_hover_text(format!("{} ({})", other.title, other.program)).clicked() {
                wishes.push(Wish::Follow(Some(other.clone())));
            }
        }
    });
}
