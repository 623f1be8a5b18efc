"""Writes data/visits.csv: invented visits of invented people. Run: python make_data.py"""

import csv
import random
from pathlib import Path

CALM = ["rested well", "no complaint", "check passed", "walks alone", "eats well"]
SORE = ["short of breath", "in pain again", "missed the pills", "dizzy at night", "wound is red"]


def main() -> None:
    """One row a visit, one to six visits a person; one visit in twelve is followed by a return."""
    chance, rows, visit = random.Random(3), [], 0  # noqa: S311
    for person in range(700):
        frail, age = chance.random() < 0.15, chance.randint(18, 95)
        for before in range(chance.randint(1, 6)):
            visit += 1
            risk = 0.3 if frail else 0.03
            back = chance.random() < risk
            words = SORE if chance.random() < (0.8 if back else 0.15) else CALM
            note = ", ".join(chance.sample(words, 2))
            rows.append([f"v{visit:05}", f"p{person:04}", age, before, note, "yes" if back else "no"])
    with (Path(__file__).parent / "data/visits.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [["visit", "person", "age", "before", "note", "returned"], *rows]
        )


if __name__ == "__main__":
    main()
