/** Both remote-write messages as protobufjs types, against which the hand-written decoders are checked. */

import protobuf from 'protobufjs';

const { root } = protobuf.parse(`
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  oneof count { uint64 count_int = 1; double count_float = 2; }
  double sum = 3;
  sint32 schema = 4;
  double zero_threshold = 5;
  oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8;
  repeated sint64 negative_deltas = 9;
  repeated double negative_counts = 10;
  repeated BucketSpan positive_spans = 11;
  repeated sint64 positive_deltas = 12;
  repeated double positive_counts = 13;
  uint32 reset_hint = 14;
  int64 timestamp = 15;
  repeated double custom_values = 16;
  int64 start_timestamp = 17;
}
message TimeSeries {
  repeated Label labels = 1;
  repeated Sample samples = 2;
  repeated Exemplar exemplars = 3;
  repeated Histogram histograms = 4;
}
message MetricMetadata { uint32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }

message Sample2 { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message Exemplar2 { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Metadata2 { uint32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
message TimeSeries2 {
  repeated uint32 labels_refs = 1;
  repeated Sample2 samples = 2;
  repeated Histogram histograms = 3;
  repeated Exemplar2 exemplars = 4;
  Metadata2 metadata = 5;
}
message Request2 { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
`);

export const WriteRequest = root.lookupType('WriteRequest');
export const Request2 = root.lookupType('Request2');

export function encode(type: protobuf.Type, message: object): Uint8Array {
  return new Uint8Array(type.encode(type.fromObject(message)).finish());
}
