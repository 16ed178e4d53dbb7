from resnet_course.blocks import Bottleneck
