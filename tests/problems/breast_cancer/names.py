"""What things are called."""

NAME = "breast-cancer"
DESCRIPTION = "Malignant or benign, from a biopsy's cell nuclei."

KEY = ["sample"]
TIME: str | None = None
TARGET = "diagnosis"
