"""What things are called."""

NAME = "breast-cancer"
DESCRIPTION = "Malignant or benign, from a biopsy's cell nuclei."

KEY = ["sample"]
TIME: str | None = None
GROUP: str | None = None  # the column whose rows belong together, such as a person; None if each row is alone
TARGET = "diagnosis"
