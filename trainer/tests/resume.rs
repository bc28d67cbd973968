//! `trainer train` with options that contradict a run: refused before anything is written. A
//! training that begins again puts aside what was there.

mod place;
#[expect(dead_code, reason = "the program draws its cards itself")]
mod small;
#[expect(dead_code, reason = "other tests need the rest of it")]
mod trainers;

use std::fs;
use std::path::Path;

use place::{Place, said};
use trainer::recipe::Recipe;

/// A place with small recipes.
fn place() -> Place {
    let place = Place::new();
    let recipe = small::recipe();
    let write = |name: &str, recipe: &Recipe| {
        fs::write(place.path(name), toml::to_string(recipe).unwrap()).unwrap();
    };
    write("small.toml", &recipe);
    write("other.toml", &Recipe { seed: 77, ..recipe });
    place
}

/// The command fails with these words and leaves every file as it was.
#[track_caller]
fn refused(place: &Place, line: &str, wanted: &str) {
    let before = place.files();
    let output = place.run(line);
    let said = said(&output);
    assert!(!output.status.success() && said.contains(wanted), "trainer {line}: {said}");
    assert!(place.files() == before, "trainer {line} has written although it says: {said}");
}

#[test]
fn what_contradicts_a_run_is_refused_before_anything_is_written() {
    let place = place();
    place.good("train all --recipe small.toml --run run --steps 2 --threads 1");
    for options in ["--rate 0.1", "--backbone resnet18", "--seed 5", "--init other", "--patience 3"] {
        let line = format!("train all --run run --resume --steps 4 {options}");
        refused(&place, &line, "goes on with the recipe that it was begun with");
    }
    let other = "train all --run run --resume --recipe other.toml";
    refused(&place, other, "differs from the recipe that run was begun with");
    let captures = "train identifier --data set --game practice --run run --resume";
    refused(&place, captures, "trained on composed images");
    refused(&place, "train all --recipe other.toml --run run --steps 2", "is there already");
    refused(&place, "train all --run none --resume", "is not the folder of a run");

    // The other way round.
    place.good("train identifier --data set --game practice --recipe small.toml --run named --epochs 1");
    refused(&place, "train all --run named --resume --steps 2", "was trained on captures");

    // What makes the second training impossible is known before the first one begins.
    let checkpoint = place.path("run/identifier.safetensors");
    let good = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &good[..good.len() / 2]).unwrap();
    refused(&place, "train all --run run --resume --steps 4", "is not valid");
    fs::write(&checkpoint, good).unwrap();
    let recipe = place.path("run/recipe.toml");
    let text = fs::read_to_string(&recipe).unwrap();
    let mut changed = Recipe::parse(&text).unwrap();
    changed.identifier.shape.hidden *= 2;
    fs::write(&recipe, toml::to_string(&changed).unwrap()).unwrap();
    refused(&place, "train all --run run --resume --steps 4", "is of another network");
    fs::write(&recipe, text).unwrap();

    // Nothing is left of a run that could not begin: the next try is free to choose.
    fs::write(place.path("no.safetensors"), "no weights").unwrap();
    refused(&place, "train all --recipe small.toml --run new --init no.safetensors", "no.safetensors");
    assert!(!place.path("new").exists());

    // A folder with somebody's recipe is no place for an average, and a training keeps it.
    fs::create_dir(place.path("mine")).unwrap();
    let mine = format!("{}\n# mine\n", fs::read_to_string(place.path("small.toml")).unwrap());
    fs::write(place.path("mine/recipe.toml"), &mine).unwrap();
    refused(&place, "average run run --run mine", "mine is there and not empty");
    let captures = "train identifier --data set --game practice --recipe mine/recipe.toml --run mine";
    place.good(&format!("{captures} --epochs 1 --threads 1"));
    assert_eq!(fs::read_to_string(place.path("mine/recipe.former.toml")).unwrap(), mine);
    // Going on in other words changes the recipe, and not what is kept of the former one.
    let before = fs::read_to_string(place.path("mine/recipe.toml")).unwrap();
    let on = "train identifier --data ./set --game practice --run mine --resume --epochs 2 --threads 1";
    place.good(on);
    assert!(fs::read_to_string(place.path("mine/recipe.toml")).unwrap() != before);
    assert_eq!(fs::read_to_string(place.path("mine/recipe.former.toml")).unwrap(), mine);

    // After all this it goes on.
    let done = place.good("train all --run run --resume --steps 4 --threads 1");
    assert_eq!(done.matches("finished after 4 steps").count(), 2, "{done}");
}

#[test]
fn a_training_that_begins_again_puts_aside_what_was_there() {
    let place = place();
    let epochs = "--patience 9 --epoch-steps 1 --checkpoint-interval 1 --steps 2 --threads 1";
    place.good(&format!("train identifier --recipe small.toml --run run {epochs}"));
    let read = |name: &str| fs::read(place.path("run").join(name)).unwrap();
    let kept =
        ["identifier.best.safetensors", "identifier.epoch-0001.safetensors", "identifier.epochs.jsonl"];
    let before = kept.map(read);
    // What the help of a refused command says.
    fs::remove_file(place.path("run/identifier.safetensors")).unwrap();
    let said = place.good("train identifier --run run --resume --steps 1 --threads 1");
    assert!(said.contains("what was trained before is kept in"), "{said}");
    for (name, before) in kept.iter().zip(before) {
        let path = Path::new(name);
        let (stem, ending) = (path.file_stem().unwrap(), path.extension().unwrap());
        let former = format!("{}.former-1.{}", stem.to_string_lossy(), ending.to_string_lossy());
        assert!(said.contains(&former), "{said}");
        assert!(read(&former) == before, "{former} is not what {name} was");
    }
    let lines = String::from_utf8(read("identifier.epochs.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 1, "the new training has its own: {lines}");
}
