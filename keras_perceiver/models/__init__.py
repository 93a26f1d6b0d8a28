"""Functional Keras models of the published systems, and their parts."""

from keras_perceiver.models.attention_scores import (
    with_attention_scores as with_attention_scores,
)
from keras_perceiver.models.audio_video_classifier import (
    spectrogram_video_classifier as spectrogram_video_classifier,
)
from keras_perceiver.models.audio_video_classifier import (
    waveform_video_classifier as waveform_video_classifier,
)
from keras_perceiver.models.autoencoder import autoencoder as autoencoder
from keras_perceiver.models.conv_flow import conv_flow as conv_flow
from keras_perceiver.models.encode_decode import attach_views as attach_views
from keras_perceiver.models.encode_decode import decoder as decoder
from keras_perceiver.models.encode_decode import encode as encode
from keras_perceiver.models.encode_decode import latents_input as latents_input
from keras_perceiver.models.entity_encoder import (
    entity_encoder as entity_encoder,
)
from keras_perceiver.models.entity_encoder import (
    entity_transformer as entity_transformer,
)
from keras_perceiver.models.fold import fold_for_inference as fold_for_inference
from keras_perceiver.models.image_classifier import (
    conv_image_classifier as conv_image_classifier,
)
from keras_perceiver.models.image_classifier import (
    conv_mean_classifier as conv_mean_classifier,
)
from keras_perceiver.models.image_classifier import (
    fourier_image_classifier as fourier_image_classifier,
)
from keras_perceiver.models.image_classifier import (
    fourier_mean_classifier as fourier_mean_classifier,
)
from keras_perceiver.models.image_classifier import (
    learned_image_classifier as learned_image_classifier,
)
from keras_perceiver.models.image_classifier import (
    learned_mean_classifier as learned_mean_classifier,
)
from keras_perceiver.models.language import language as language
from keras_perceiver.models.modality_tokens import (
    pad_to_widest as pad_to_widest,
)
from keras_perceiver.models.modality_tokens import (
    spectrogram_tokens as spectrogram_tokens,
)
from keras_perceiver.models.modality_tokens import video_tokens as video_tokens
from keras_perceiver.models.modality_tokens import (
    waveform_tokens as waveform_tokens,
)
from keras_perceiver.models.optical_flow import patch_flow as patch_flow
from keras_perceiver.models.optical_flow import (
    separate_frames_flow as separate_frames_flow,
)
from keras_perceiver.models.original_perceiver import (
    image_perceiver as image_perceiver,
)
from keras_perceiver.models.original_perceiver import (
    point_perceiver as point_perceiver,
)
from keras_perceiver.models.perturbation import (
    with_perturbation as with_perturbation,
)
from keras_perceiver.models.preset import Preset as Preset
from keras_perceiver.models.presets import from_preset as from_preset
from keras_perceiver.models.presets import presets as presets
from keras_perceiver.models.text_classifier import (
    shared_token_classifier as shared_token_classifier,
)
from keras_perceiver.models.text_classifier import (
    task_token_classifier as task_token_classifier,
)
from keras_perceiver.models.text_classifier import (
    text_classifier as text_classifier,
)
from keras_perceiver.models.transformer_baseline import (
    language_transformer as language_transformer,
)
