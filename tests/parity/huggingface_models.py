"""Hugging Face's Perceivers at any size.

Their configuration holds some of a model's numbers; the others are written
into its class. At sizes that the class cannot have, its inner `PerceiverModel`
is put together by hand, from the same parts as the class puts together.

A function here takes the arguments of our builder and returns the class, its
configuration, and a function that makes the parts.
"""

from transformers import PerceiverConfig
from transformers.models.perceiver import modeling_perceiver as perceiver


def language(settings):
    config = _configuration(
        settings,
        d_model=settings["embedding_dim"],
        vocab_size=settings["vocabulary_size"],
        max_position_embeddings=settings["max_length"],
    )

    def make_parts():
        decoder = perceiver.PerceiverBasicDecoder(
            config,
            output_num_channels=config.d_latents,
            output_index_dims=config.max_position_embeddings,
            num_channels=config.d_model,
            use_query_residual=False,
            final_project=False,
            trainable_position_encoding_kwargs={
                "num_channels": config.d_model,
                "index_dims": config.max_position_embeddings,
            },
            **_decoder_widths(settings),
        )
        preprocessor = perceiver.PerceiverTextPreprocessor(config)
        return {"input_preprocessor": preprocessor, "decoder": decoder}

    return perceiver.PerceiverForMaskedLM, config, make_parts


def fourier_images(settings):
    config = _classifier_configuration(settings)

    def make_parts():
        preprocessor = perceiver.PerceiverImagePreprocessor(
            config,
            prep_type="pixels",
            spatial_downsample=1,
            fourier_position_encoding_kwargs=_fourier(settings),
        )
        return _classifier_parts(config, settings, preprocessor)

    model_class = perceiver.PerceiverForImageClassificationFourier
    return model_class, config, make_parts


def learned_images(settings):
    config = _classifier_configuration(settings)
    height, width, _ = settings["image_shape"]

    def make_parts():
        preprocessor = perceiver.PerceiverImagePreprocessor(
            config,
            prep_type="conv1x1",
            spatial_downsample=1,
            out_channels=settings["pixel_projection_dim"],
            position_encoding_type="trainable",
            concat_or_add_pos="concat",
            project_pos_dim=settings["position_projection_dim"],
            trainable_position_encoding_kwargs={
                "num_channels": settings["position_dim"],
                "index_dims": height * width,
            },
        )
        return _classifier_parts(config, settings, preprocessor)

    model_class = perceiver.PerceiverForImageClassificationLearned
    return model_class, config, make_parts


def conv_images(settings):
    config = _classifier_configuration(settings)

    def make_parts():
        preprocessor = perceiver.PerceiverImagePreprocessor(
            config,
            prep_type="conv",
            spatial_downsample=1,
            out_channels=settings["stem_channels"],
            fourier_position_encoding_kwargs=_fourier(settings),
        )
        return _classifier_parts(config, settings, preprocessor)

    model_class = perceiver.PerceiverForImageClassificationConvProcessing
    return model_class, config, make_parts


def optical_flow(settings):
    height, width, channels = settings["image_shape"]
    config = _configuration(settings, train_size=[height, width])

    def make_parts():
        preprocessor = perceiver.PerceiverImagePreprocessor(
            config,
            prep_type="patches",
            spatial_downsample=1,
            temporal_downsample=2,
            conv_after_patching=True,
            conv_after_patching_in_channels=(
                2 * channels * settings["patch_size"] ** 2
            ),
            out_channels=settings["projection_dim"],
            fourier_position_encoding_kwargs=_fourier(settings),
        )
        decoder = perceiver.PerceiverOpticalFlowDecoder(
            config,
            num_channels=preprocessor.num_channels,
            output_image_shape=config.train_size,
            rescale_factor=100.0,
            use_query_residual=False,
            output_num_channels=2,
            # It is built and never used: the queries are the inputs.
            position_encoding_type="fourier",
            fourier_position_encoding_kwargs=_fourier(settings),
            **_decoder_widths(settings),
        )
        return {"input_preprocessor": preprocessor, "decoder": decoder}

    return perceiver.PerceiverForOpticalFlow, config, make_parts


def autoencoder(settings):
    frames, height, width, _ = settings["video_shape"]
    config = _configuration(
        settings,
        num_labels=settings["num_classes"],
        num_frames=frames,
        image_size=settings["video_max_resolution"][-1],
        audio_samples_per_frame=settings["num_audio_samples"] // frames,
        samples_per_patch=settings["samples_per_patch"],
        output_shape=[1, frames, height, width],
        output_num_channels=settings["decoder_output_dim"],
        _label_trainable_num_channels=settings["label_query_dim"],
    )

    def make_parts():
        return {
            "input_preprocessor": _modality_inputs(config, settings),
            "decoder": _modality_queries(config, settings),
            "output_postprocessor": _modality_outputs(config, settings),
        }

    return perceiver.PerceiverForMultimodalAutoencoding, config, make_parts


def _configuration(settings, **others):
    return PerceiverConfig(
        num_latents=settings["num_latents"],
        d_latents=settings["latent_dim"],
        num_blocks=settings["num_blocks"],
        num_self_attends_per_block=settings["num_self_attends_per_block"],
        num_self_attention_heads=settings["num_self_attention_heads"],
        num_cross_attention_heads=settings["num_cross_attention_heads"],
        qk_channels=settings["qk_channels"],
        v_channels=settings["v_channels"],
        self_attention_widening_factor=settings["widening_factor"],
        cross_attention_widening_factor=settings[
            "cross_attention_widening_factor"
        ],
        use_query_residual=settings["encoder_query_residual"],
        # Of no influence but in training, where masks would have to be equal.
        attention_probs_dropout_prob=0.0,
        **others,
    )


def _decoder_widths(settings):
    return {
        "num_heads": settings["num_decoder_heads"],
        "qk_channels": settings["decoder_qk_channels"],
        "v_channels": settings["decoder_v_channels"],
    }


def _fourier(settings, modality=""):
    return {
        "num_bands": settings[f"{modality}num_bands"],
        "max_resolution": tuple(settings[f"{modality}max_resolution"]),
        "sine_only": False,
        "concat_pos": True,
    }


def _classifier_configuration(settings):
    height, width, _ = settings["image_shape"]
    return _configuration(
        settings,
        num_labels=settings["num_classes"],
        # The classes know square images alone.
        image_size=height if height == width else 1,
    )


def _classifier_parts(config, settings, preprocessor):
    decoder = perceiver.PerceiverClassificationDecoder(
        config,
        num_channels=settings["query_dim"],
        use_query_residual=True,
        trainable_position_encoding_kwargs={
            "num_channels": settings["query_dim"],
            "index_dims": 1,
        },
        **_decoder_widths(settings),
    )
    return {"input_preprocessor": preprocessor, "decoder": decoder}


def _modality_inputs(config, settings):
    _, patch_size, _ = settings["video_patch_shape"]
    return perceiver.PerceiverMultimodalPreprocessor(
        min_padding_size=settings["min_padding"],
        modalities={
            "audio": perceiver.PerceiverAudioPreprocessor(
                config,
                position_encoding_type="fourier",
                fourier_position_encoding_kwargs=_fourier(settings, "audio_"),
                prep_type="patches",
                samples_per_patch=config.samples_per_patch,
            ),
            "image": perceiver.PerceiverImagePreprocessor(
                config,
                position_encoding_type="fourier",
                fourier_position_encoding_kwargs=_fourier(settings, "video_"),
                prep_type="patches",
                spatial_downsample=patch_size,
                temporal_downsample=1,
            ),
            "label": perceiver.PerceiverOneHotPreprocessor(config),
        },
        mask_probs={"image": 0.0, "audio": 0.0, "label": 1.0},
    )


def _modality_queries(config, settings):
    num_patches = settings["num_audio_samples"] // config.samples_per_patch
    only_queries = {
        "concat_preprocessed_input": False,
        "use_query_residual": False,
        "position_encoding_only": True,
    }
    return perceiver.PerceiverMultimodalDecoder(
        config,
        concat_preprocessed_input=False,
        modalities={
            "audio": perceiver.PerceiverBasicDecoder(
                config,
                output_index_dims=(num_patches,),
                output_num_channels=config.output_num_channels,
                position_encoding_type="fourier",
                fourier_position_encoding_kwargs=_fourier(settings, "audio_"),
                **only_queries,
            ),
            "image": perceiver.PerceiverBasicVideoAutoencodingDecoder(
                config,
                output_shape=config.output_shape,
                output_num_channels=config.output_num_channels,
                position_encoding_type="fourier",
                fourier_position_encoding_kwargs=_fourier(settings, "video_"),
                **only_queries,
            ),
            "label": perceiver.PerceiverClassificationDecoder(
                config,
                position_encoding_type="trainable",
                trainable_position_encoding_kwargs={
                    "num_channels": settings["label_query_dim"],
                    "index_dims": 1,
                },
                **only_queries,
            ),
        },
        num_outputs=None,
        output_num_channels=config.output_num_channels,
        min_padding_size=settings["query_min_padding"],
        use_query_residual=False,
        **_decoder_widths(settings),
    )


def _modality_outputs(config, settings):
    width = config.output_num_channels
    return perceiver.PerceiverMultimodalPostprocessor(
        modalities={
            "audio": perceiver.PerceiverAudioPostprocessor(
                config, in_channels=width
            ),
            "image": perceiver.PerceiverProjectionPostprocessor(
                in_channels=width, out_channels=settings["video_shape"][-1]
            ),
            "label": perceiver.PerceiverClassificationPostprocessor(
                config, in_channels=width
            ),
        }
    )
