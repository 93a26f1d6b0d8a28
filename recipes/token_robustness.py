"""Typos and attacks that models of text are to withstand."""

import numpy as np

from keras_perceiver.data import corruptions
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.training.attacks import TokenAttack
from recipes.robustness import Robustness
from recipes.settings import resolved

# What a key of a keyboard writes; parts of longer letters stay as they are.
_PRINTABLE = range(ord("!"), ord("~") + 1)


def _replaceable(configuration):
    """The tokens that stand for each other, in order."""
    size = resolved(configuration.model)["vocabulary_size"]
    if size == ByteTokenizer.vocabulary_size:
        return np.array(_PRINTABLE, "int32") + NUM_SPECIAL_TOKENS
    return np.arange(NUM_SPECIAL_TOKENS, size, dtype="int32")


def _corruptions(configuration):
    replaceable = _replaceable(configuration)

    def typos(share):
        def change(inputs, seeds):
            token_ids = corruptions.replace_tokens(
                inputs["token_ids"],
                seeds,
                share=share,
                replaceable=replaceable,
            )
            return {**inputs, "token_ids": token_ids}

        return change

    return {f"{share:.0%} typos": typos(share) for share in (0.02, 0.05, 0.1)}


def _attack(model, loss, configuration, strength, steps):
    size = resolved(configuration.model)["vocabulary_size"]
    is_replaceable = np.zeros(size, bool)
    is_replaceable[_replaceable(configuration)] = True
    return TokenAttack(
        model,
        loss,
        share=strength,
        replaceable=is_replaceable,
        steps=steps,
    )


ROBUSTNESS = Robustness(
    corruptions=_corruptions,
    attack=_attack,
    strengths=(0.02, 0.05, 0.1),
    largest_strength=1,
    unit="that share of visible letters or pieces is replaced; 10 gradients",
    training_steps=1,
    evaluation_steps=10,
)
