"""The nodes of a rule's tree: listed in the order of the text, and edited one by one."""
