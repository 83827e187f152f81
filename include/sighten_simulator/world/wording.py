"""Text that people write: names, file names and notes, with some difficult characters."""

from random import Random

# (first name, last name): kept as pairs, so that an odd name also occurs in its e-mail and its files.
PEOPLE = (
    ("Maya", "Ortiz"),
    ("Tomás", "Núñez"),
    ("Siobhán", "O'Keeffe"),
    ("Jean-Luc", "de la Croix"),
    ("Anh", "Nguyễn"),
    ("Olu", "Adeyemi"),
    ("Björn", "Østergård"),
    ("Mei", "李"),
    ("Grace", "True"),
    ("Walter", "None"),
    ("Priya", "Raman"),
    ("Zoë", "Müller-Weiß"),
    ("Kai", "Nakamura"),
    ("Ruth", "Silver"),
    ("Ahmed", "El-Sayed"),
    ("Ivana", "Kovač"),
)
_FILE_NAMES = (
    "{surname}-{label} (Passed).pdf",
    "{surname} {label}.pdf",
    "{label} [v{number}].pdf",
    "{label}_{number:03d}.PDF",
    "Scan {number}, {label} \u2013 {surname}.pdf",
    "IMG\u00a0{number} (1).pdf",
    "{label} 3/{number} “final” {surname}'s copy.pdf",
    "☀ {surname} & co \u2013 {label} №{number}.pdf",
    "屋根 {label} ({number}).pdf",
    "..\\{surname}\\{label}.pdf",
)
_FILE_NAME_WEIGHTS = (24, 18, 14, 12, 8, 4, 6, 4, 4, 2)
_NOTES = (
    "Crew is booked for next week.",
    'Inspector said: "Passed", None missing, it\'s True.',
    "Please rotate the second photo.\nThe first one is fine.",
    "Homeowner asked for a call before 9 am ☎️",
    "Set {'required': False} for the HOA letter?",
    "C:\\plans\\new\\rev2 holds the stamped set.",
    "approved milestone Permit already, see e-mail of Tuesday",
    "null and void: the first agreement had the wrong address",
    "Straße 12, nicht 21 \u2013 bitte ändern",
)


def file_name(random: Random, *, label: str, surname: str) -> str:
    """A file name for a document of that label."""
    (pattern,) = random.choices(_FILE_NAMES, weights=_FILE_NAME_WEIGHTS)
    return pattern.format(label=label, surname=surname, number=random.randint(1, 120))


def note(random: Random) -> str:
    """A comment of a person."""
    return random.choice(_NOTES)
