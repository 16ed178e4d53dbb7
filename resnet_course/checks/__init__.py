"""The checks of all lessons: ``checks.basic_block(BasicBlock)`` and so on, one for each ``grade_id``.

Each stands in ``lesson_<lesson>/<exercise>.py`` and loads when it is used, so that a notebook pays for its own only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_course.checks.registry import (
    GRADED,
    HOMES,
    LESSONS,
    NOT_GRADED,
    answer_id,
    attribute,
    earlier,
    exercise_of,
    find_check,
    of_lesson,
)

if TYPE_CHECKING:  # so that editors find the way from checks.conv3x3 to its definition
    from resnet_course.checks.check import Check
    from resnet_course.checks.lesson_00_start_here.warm_up import warm_up as warm_up
    from resnet_course.checks.lesson_01_vanishing_gradient.deep_mlp import deep_mlp as deep_mlp
    from resnet_course.checks.lesson_01_vanishing_gradient.diagnose_curves import diagnose_curves as diagnose_curves
    from resnet_course.checks.lesson_01_vanishing_gradient.gradient_norms import gradient_norms as gradient_norms
    from resnet_course.checks.lesson_01_vanishing_gradient.prophecy import prophecy as prophecy
    from resnet_course.checks.lesson_01_vanishing_gradient.sigmoid_derivative import (
        sigmoid_derivative as sigmoid_derivative,
    )
    from resnet_course.checks.lesson_02_residual_gradient.identity_init import identity_init as identity_init
    from resnet_course.checks.lesson_02_residual_gradient.numerical_derivative import (
        numerical_derivative as numerical_derivative,
    )
    from resnet_course.checks.lesson_02_residual_gradient.path_lengths import path_lengths as path_lengths
    from resnet_course.checks.lesson_02_residual_gradient.residual_jacobian import (
        residual_jacobian as residual_jacobian,
    )
    from resnet_course.checks.lesson_02_residual_gradient.residual_wrapper import residual_wrapper as residual_wrapper
    from resnet_course.checks.lesson_03_basic_block.basic_block import basic_block as basic_block
    from resnet_course.checks.lesson_03_basic_block.conv3x3 import conv3x3 as conv3x3
    from resnet_course.checks.lesson_03_basic_block.find_the_bug import find_the_bug as find_the_bug
    from resnet_course.checks.lesson_03_basic_block.shortcut import shortcut as shortcut
    from resnet_course.checks.lesson_04_bottleneck.block_budget import block_budget as block_budget
    from resnet_course.checks.lesson_04_bottleneck.bottleneck import bottleneck as bottleneck
    from resnet_course.checks.lesson_04_bottleneck.conv_cost import conv_cost as conv_cost
    from resnet_course.checks.lesson_04_bottleneck.stride_placement import stride_placement as stride_placement
    from resnet_course.checks.lesson_05_full_resnet.create_resnet import create_resnet as create_resnet
    from resnet_course.checks.lesson_05_full_resnet.lesion import lesion as lesion
    from resnet_course.checks.lesson_05_full_resnet.make_layer import make_layer as make_layer
    from resnet_course.checks.lesson_05_full_resnet.resnet import resnet as resnet
    from resnet_course.checks.lesson_06_transfer_learning.evaluate import evaluate as evaluate
    from resnet_course.checks.lesson_06_transfer_learning.freeze_backbone import freeze_backbone as freeze_backbone
    from resnet_course.checks.lesson_06_transfer_learning.parameter_groups import parameter_groups as parameter_groups
    from resnet_course.checks.lesson_06_transfer_learning.pretrained_resnet import (
        pretrained_resnet as pretrained_resnet,
    )
    from resnet_course.checks.lesson_06_transfer_learning.replace_head import replace_head as replace_head
    from resnet_course.checks.lesson_07_width_and_cardinality.grouped_conv import grouped_conv as grouped_conv
    from resnet_course.checks.lesson_07_width_and_cardinality.resnext_block import resnext_block as resnext_block
    from resnet_course.checks.lesson_07_width_and_cardinality.trade_off import trade_off as trade_off
    from resnet_course.checks.lesson_07_width_and_cardinality.wrn_channels import wrn_channels as wrn_channels
    from resnet_course.checks.lesson_08_identity_mappings.add_or_concatenate import (
        add_or_concatenate as add_or_concatenate,
    )
    from resnet_course.checks.lesson_08_identity_mappings.how_many_to_skip import how_many_to_skip as how_many_to_skip
    from resnet_course.checks.lesson_08_identity_mappings.pre_activation import pre_activation as pre_activation
    from resnet_course.checks.lesson_08_identity_mappings.relu_on_the_road import relu_on_the_road as relu_on_the_road

__all__ = [
    "GRADED",
    "LESSONS",
    "NOT_GRADED",
    "answer_id",
    "attribute",
    "earlier",
    "exercise_of",
    "of_lesson",
]


def __getattr__(name: str) -> Check:
    return find_check(name)


def __dir__() -> list[str]:
    return sorted(HOMES)
