//! Below the keys of `[api]`: where the running overlay answers, and where its token lies.

use egui::{RichText, Ui};
use lens_client::Client;
use lens_client::api::{PortFile, token_path};

/// What is known of the running overlay.
#[derive(Default)]
pub(super) struct ApiPage {
    /// Its port, when one answers.
    port: Option<u16>,
}

impl ApiPage {
    /// Looks whether an overlay runs.
    pub(super) fn look(&mut self) {
        let data = lens_client::data_folder();
        self.port = Client::find_in(&data).ok().and_then(|_| {
            let text = std::fs::read_to_string(PortFile::path(&data)).ok()?;
            Some(serde_json::from_str::<PortFile>(&text).ok()?.port)
        });
    }

    pub(super) fn show(&self, ui: &mut Ui) {
        ui.add_space(12.0);
        ui.separator();
        match self.port {
            Some(port) => {
                let own = format!("http://127.0.0.1:{port}");
                ui.label("The running overlay answers at");
                ui.hyperlink(format!("{own}/v1/cards"));
                ui.label("Its page for OBS and other stream programs is");
                ui.hyperlink(format!("{own}/overlay"));
            }
            None => _ = ui.label("No overlay with an API runs now"),
        }
        let token = token_path(&lens_client::data_folder()).display().to_string();
        ui.add_space(8.0);
        ui.label("Reading needs no token. Commands do; programs of yours read it from");
        ui.horizontal_wrapped(|ui| {
            ui.monospace(&token);
            if ui.small_button("Copy the path").clicked() {
                ui.ctx().copy_text(token.clone());
            }
        });
        ui.label(RichText::new("It is another one at each start of the overlay.").weak());
    }
}
