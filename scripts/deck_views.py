"""Draws three deck views in the game's layout, and their truth, to score a model on crowded screens.

They are drawn here, apart from the composer that the networks train with, so that a training cannot have seen how they
are made. Needs Pillow; tried with Pillow 13.

    python scripts/deck_views.py ART OUT
    overlay score OUT/truth.json OUT --show

ART is the folder that holds `textures/2x` of a player's own copy of the game (see docs/training-from-textures.md). OUT
gets the images and `truth.json`; they hold the game's art: do not hand them on.
"""

import json
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

CELL = (142, 190)
RANKS = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K", "A"]
SUITS = "HCDS"
# Cells of Enhancers.png.
PLAIN = (1, 0)
ENHANCEMENTS = {
    "gold": (6, 0), "glass": (5, 1), "steel": (6, 1), "lucky": (4, 1), "mult": (2, 1), "bonus": (1, 1), "wild": (3, 1),
}
SEALS = {"gold": (2, 0), "purple": (4, 4), "red": (5, 4), "blue": (6, 4)}
# Name, seed, size, high contrast, share that was played, cards, share with an enhancement.
VIEWS = [
    ("deck52", 1, (1920, 1080), False, 0.15, 52, 0.0),
    ("deck52-high-contrast", 2, (1600, 900), True, 0.35, 52, 0.25),
    ("deck76", 3, (2560, 1440), False, 0.2, 76, 0.2),
]


class Art:
    """Sheets of the game."""

    def __init__(self, folder):
        def sheet(name):
            return Image.open(folder / "textures" / "2x" / name).convert("RGBA")

        self.decks = {False: sheet("8BitDeck.png"), True: sheet("8BitDeck_opt2.png")}
        self.enhancers = sheet("Enhancers.png")

    @staticmethod
    def cell(sheet, x, y):
        return sheet.crop((x * CELL[0], y * CELL[1], (x + 1) * CELL[0], (y + 1) * CELL[1]))

    def card(self, suit, rank, contrast, played, enhancement, seal):
        card = self.cell(self.enhancers, *enhancement).copy()
        card.alpha_composite(self.cell(self.decks[contrast], rank, suit))
        if seal:
            card.alpha_composite(self.cell(self.enhancers, *seal))
        if played:
            alpha = card.getchannel("A")
            card = ImageEnhance.Brightness(ImageEnhance.Color(card).enhance(0.7)).enhance(0.5)
            card.putalpha(alpha)
        return card


def background(rnd, width, height):
    """The table, dimmed, with the panel; returns the picture and the place of the cards."""
    image = Image.new("RGB", (width, height), (55, 110, 85))
    draw = ImageDraw.Draw(image)
    for _ in range(300):
        x, y, r, s = rnd.random() * width, rnd.random() * height, rnd.random() * width * 0.08, rnd.randint(-10, 10)
        draw.ellipse((x - r, y - r * 0.4, x + r, y + r * 0.4), fill=(55 + s, 110 + s, 85 + s))
    image = image.filter(ImageFilter.GaussianBlur(width * 0.01))
    image = Image.blend(image, Image.new("RGB", image.size, (30, 42, 45)), 0.3)
    draw = ImageDraw.Draw(image)

    def box(left, top, right, bottom, radius, fill, **more):
        place = [width * left, height * top, width * right, height * bottom]
        draw.rounded_rectangle(place, radius=width * radius, fill=fill, **more)
        return place

    box(0.10, 0.06, 0.90, 0.95, 0.012, (62, 80, 86), outline=(185, 194, 210), width=max(2, int(width * 0.004)))
    box(0.12, 0.875, 0.88, 0.93, 0.006, (255, 152, 0))
    for tab in range(2):
        box(0.3 + 0.21 * tab, 0.08, 0.49 + 0.21 * tab, 0.135, 0.006, (254, 76, 64))
    cards = box(0.30, 0.16, 0.88, 0.86, 0.01, (30, 39, 42))
    box(0.12, 0.16, 0.285, 0.86, 0.01, (30, 39, 42))
    for row in range(len(RANKS)):
        top = 0.18 + 0.05 * row
        box(0.14, top, 0.165, top + 0.035, 0.002, (90, 100, 105))
        box(0.175, top + 0.01, 0.2, top + 0.02, 0.0, (230, 230, 230))
    return image, cards


def view(art, name, seed, size, contrast, played, total, extra):
    """One deck view: rows of suits, each covering the lower part of the row above."""
    rnd = random.Random(seed)
    width, height = size
    image, [left, top, right, bottom] = background(rnd, width, height)
    card_width = 2.4 * 35 / 41 / 20 * width * 0.7
    card_height = card_width * 95 / 71
    pitch = card_height * 0.70
    rows = {suit: list(range(13)) for suit in range(4)}
    for _ in range(total - 52):
        rows[rnd.randrange(4)].append(rnd.randrange(13))
    first = top + card_height / 2 + (bottom - top - card_height - 3 * pitch) / 2
    truth = []
    for row, suit in enumerate([3, 0, 1, 2]):
        ranks = sorted(rows[suit], reverse=True)
        step = min((right - left - width * 0.02 - card_width) / max(1, len(ranks) - 1), card_width * 0.62)
        start = (left + right) / 2 - step * (len(ranks) - 1) / 2
        for place, rank in enumerate(ranks):
            greyed = rnd.random() < played
            enhancement = rnd.choice(list(ENHANCEMENTS)) if rnd.random() < extra else None
            seal = rnd.choice(list(SEALS)) if rnd.random() < extra * 0.7 else None
            card = art.card(
                suit, rank, contrast, greyed, ENHANCEMENTS.get(enhancement, PLAIN), SEALS.get(seal) if seal else None
            )
            off = place - len(ranks) / 2
            x = start + place * step + rnd.gauss(0, card_width * 0.006)
            y = first + row * pitch + rnd.gauss(0, card_height * 0.006) + off * off * card_height * 0.0004
            how = Image.BILINEAR if card_width < CELL[0] * 0.9 else Image.BICUBIC
            card = card.resize((round(card_width), round(card_height)), how)
            card = card.rotate(rnd.gauss(0, 0.6) - off * 0.05, expand=True, resample=Image.BICUBIC)
            at = (round(x - card.width / 2), round(y - card.height / 2))
            shadow = Image.new("RGBA", card.size, (0, 0, 0, 0))
            shadow.putalpha(card.getchannel("A").point(lambda value: value * 0.3))
            image.paste(shadow, (at[0] + round(card_width * 0.02), at[1] + round(card_height * 0.04)), shadow)
            image.paste(card, at, card)
            box = [x - card_width / 2, y - card_height / 2, x + card_width / 2, y + card_height / 2]
            entry = {"box": [round(it) for it in box], "label": f"{SUITS[suit]}_{RANKS[rank]}"}
            if enhancement:
                entry["enhancement"] = f"m_{enhancement}"
            if seal:
                entry["seal"] = seal
            truth.append(entry)
    image = image.filter(ImageFilter.GaussianBlur(width / 1920 * 0.5))
    draw = ImageDraw.Draw(image, "RGBA")
    for y in range(0, height, 3):
        draw.line([(0, y), (width, y)], fill=(0, 0, 0, 18))
    return image, {"path": f"{name}.png", "width": width, "height": height, "cards": truth}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    art, out = Art(Path(sys.argv[1])), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    truth = {}
    for name, *rest in VIEWS:
        image, truth[name] = view(art, name, *rest)
        image.save(out / f"{name}.png")
    (out / "truth.json").write_text(json.dumps(truth, indent=1))
    print(f"{sum(len(it['cards']) for it in truth.values())} cards on {len(truth)} pictures are in {out}")


if __name__ == "__main__":
    main()
