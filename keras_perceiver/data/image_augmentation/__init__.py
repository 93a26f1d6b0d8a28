"""How training changes images: crops, RandAugment, MixUp and CutMix."""
