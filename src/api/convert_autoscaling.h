// HorizontalPodAutoscaler between its hub (autoscaling/v2) and the older versions. What an older
// version has no field for travels in annotations, as the API server does it.
#pragma once

#include "doc/doc.h"

namespace meshka::api {

void autoscalerV1ToHub(doc::Draft& object);
void autoscalerV1FromHub(doc::Draft& object);
void autoscalerV2beta1ToHub(doc::Draft& object);
void autoscalerV2beta1FromHub(doc::Draft& object);

}  // namespace meshka::api
