//! Prints each card that appears on the screen or leaves it.
//!
//! `cargo run -p lens-client --example watch [DATA]`: DATA is the overlay's data folder, when it is
//! not found by itself.

use std::path::Path;
use std::process::ExitCode;

use lens_client::api::{CardView, Event};
use lens_client::{Client, ClientError};

fn main() -> ExitCode {
    let folder = std::env::args_os().nth(1);
    let client = match &folder {
        Some(folder) => Client::find_in(Path::new(folder)),
        None => Client::find(),
    };
    match client.and_then(|client| watch(&client)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn watch(client: &Client) -> Result<(), ClientError> {
    let name = |card: &CardView| card.name.clone().unwrap_or_else(|| "an unknown card".to_owned());
    for event in client.watch_names()? {
        match event? {
            Event::Snapshot(now) => println!("{} cards are there", now.cards.len()),
            Event::Appear { card, .. } => println!("+ {} at {:?}", name(&card), card.quad[0]),
            Event::Change { card, .. } => println!("= {}", name(&card)),
            Event::Leave { id, .. } => println!("- {}", id.as_deref().unwrap_or("an unknown card")),
            Event::State { state, .. } => println!("{state:?}"),
            Event::Move { .. } => {}
        }
    }
    Ok(())
}
