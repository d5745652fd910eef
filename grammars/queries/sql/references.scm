(object_reference name: (identifier) @reference)
(field name: (identifier) @reference)
(relation alias: (identifier) @reference)
