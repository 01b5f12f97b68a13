"""lossopt: experiments on loss functions and optimizers.  `streamlit run streamlit_app.py`"""

from lossopt_ui import navigation

navigation.run()
