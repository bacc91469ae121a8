"""A pipeline in the words of what runs pipelines elsewhere. Pure: a pipeline in, the text of a file out."""
