//! Which images of the practice table differ enough to be recognised anew.

use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use tracking::pipeline::FrameSignature;

#[test]
fn a_card_that_comes_is_told_from_a_background_that_stirs() {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(5, [1100, 660], painter.catalogue());
    let mut at = |cards: f32, background: f32, without: usize| {
        let mut state = table.at(cards);
        state.time = background;
        state.cards.truncate(state.cards.len() - without);
        FrameSignature::new(&painter.paint(&state).into())
    };
    let before = at(3.0, 10.0, 0);
    assert!(!at(3.0, 10.0, 0).differs_from(&before));
    assert!(!at(3.0, 10.2, 0).differs_from(&before), "a fifth of a second of the background is nothing");
    assert!(at(3.0, 10.2, 1).differs_from(&before), "a card has gone");
    assert!(before.differs_from(&at(3.0, 10.0, 1)), "a card has come");
    assert!(at(3.0, 10.0, 0).differs_from(&FrameSignature::default()), "there was none before");
}
