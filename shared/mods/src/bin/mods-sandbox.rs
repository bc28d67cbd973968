//! The process in which a mod is run, as a program of its own, for tests and for whoever reads mods
//! without ours.

fn main() {
    mods::child_main();
    eprintln!("error: this program runs mods for another, and is not started by hand");
    std::process::exit(2);
}
