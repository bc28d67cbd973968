//! Names the cards of an image file.
//!
//! `cargo run -p vision --example recognise -- data/models/balatro screenshot.png`

use std::error::Error;
use std::path::Path;

use lens_core::pixels::Pixels;
use vision::network::Options;
use vision::reading::Identity;
use vision::recogniser::Recogniser;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, picture] = arguments.as_slice() else {
        return Err("usage: recognise MODEL_FOLDER PICTURE".into());
    };
    let mut recogniser = Recogniser::open(Path::new(model), &Options::default())?;
    let picture = image::open(picture)?.into_rgba8();
    for card in recogniser.recognise(&Pixels::from(&picture))? {
        let centre = card.detection.quad.centre();
        let edition = &card.reading.modifiers.edition;
        match &card.reading.identity {
            Identity::Known { id, confidence } => {
                println!("{id} ({edition}) at {:.0},{:.0}: {confidence:.2}", centre.x, centre.y);
            }
            Identity::Unknown { nearest } => {
                let nearest = nearest.as_ref().map_or("nothing", |id| id.as_str());
                println!("an unknown card at {:.0},{:.0}, most like {nearest}", centre.x, centre.y);
            }
        }
    }
    Ok(())
}
